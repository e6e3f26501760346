/**
 * A process that books: `writer.ts WRITER FROM EVENTS SEED TOPIC` with STORE_URL. It begins at its FROM-th booking, and prints
 * after each round up to where all is saved: who starts it again after a kill begins there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, Repository } from '../../runtime/store/index.ts';
import { Account } from './account.ts';
import { bookingsOf, makeBookings } from './bookings.ts';

const [writer, from, events, seed, topic] = process.argv.slice(2) as [string, string, string, string, string];
const roundBookings = 40;
/** Records that may wait for the relay: so all processes are at work all the time, and every kill finds something. */
const waitingMax = 1_000;
/** Three writers and their rounds meet often on few accounts. */
const attempts = 100;

const store = await openStore(process.env.STORE_URL!);
const create = (id: string): Account => new Account(id);
const accounts = new Repository({ type: 'Account', create, store, topic, snapshots: { every: 50 } });
const bookings = bookingsOf(Number(writer), makeBookings(Number(events), Number(seed)));

for (let at = Number(from); at < bookings.length; at += roundBookings) {
  const round = bookings.slice(at, at + roundBookings);
  const byAccount = [...Map.groupBy(round, ({ account }) => account)];
  await Promise.all(
    byAccount.map(([id, own]) =>
      accounts.update(
        id,
        (account) => {
          for (const booking of own) account.book(booking);
        },
        { attempts },
      ),
    ),
  );
  console.log(at + round.length);
  while ((await store.outbox.count()) > waitingMax) await sleep(20);
}
await store.close();
