import { keepsEveryInvariant } from './halves.ts';

keepsEveryInvariant(1);
