/**
 * The settings a topic may have: name, type and Kafka's default. Most are kept and shown without effect, so that tools
 * written for Apache Kafka work; those that this broker acts on are read by `appendRules`.
 */
import { configTypes } from '../protocol/config-values.ts';
import type { AppendRules } from './log/batch-check.ts';

export interface ConfigDefinition {
  readonly type: number;
  readonly defaultValue: string;
  readonly allowed?: readonly string[];
}

const { boolean, string, int, long, double, list } = configTypes;
const weekMs = '604800000';
const never = '9223372036854775807';

/** Apache Kafka 4.3's `TopicConfig`. */
export const topicConfigs: Readonly<Record<string, ConfigDefinition>> = {
  'cleanup.policy': { type: list, defaultValue: 'delete', allowed: ['delete', 'compact'] },
  'compression.gzip.level': { type: int, defaultValue: '-1' },
  'compression.lz4.level': { type: int, defaultValue: '9' },
  'compression.type': {
    type: string,
    defaultValue: 'producer',
    allowed: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
  },
  'compression.zstd.level': { type: int, defaultValue: '3' },
  'delete.retention.ms': { type: long, defaultValue: '86400000' },
  'file.delete.delay.ms': { type: long, defaultValue: '60000' },
  'flush.messages': { type: long, defaultValue: never },
  'flush.ms': { type: long, defaultValue: never },
  'follower.replication.throttled.replicas': { type: list, defaultValue: '' },
  'index.interval.bytes': { type: int, defaultValue: '4096' },
  'leader.replication.throttled.replicas': { type: list, defaultValue: '' },
  'local.retention.bytes': { type: long, defaultValue: '-2' },
  'local.retention.ms': { type: long, defaultValue: '-2' },
  'max.compaction.lag.ms': { type: long, defaultValue: never },
  'max.message.bytes': { type: int, defaultValue: '1048588' },
  'message.timestamp.after.max.ms': { type: long, defaultValue: '3600000' },
  'message.timestamp.before.max.ms': { type: long, defaultValue: never },
  'message.timestamp.type': { type: string, defaultValue: 'CreateTime', allowed: ['CreateTime', 'LogAppendTime'] },
  'min.cleanable.dirty.ratio': { type: double, defaultValue: '0.5' },
  'min.compaction.lag.ms': { type: long, defaultValue: '0' },
  'min.insync.replicas': { type: int, defaultValue: '1' },
  preallocate: { type: boolean, defaultValue: 'false' },
  'remote.log.copy.disable': { type: boolean, defaultValue: 'false' },
  'remote.log.delete.on.disable': { type: boolean, defaultValue: 'false' },
  'remote.storage.enable': { type: boolean, defaultValue: 'false' },
  'retention.bytes': { type: long, defaultValue: '-1' },
  'retention.ms': { type: long, defaultValue: weekMs },
  'segment.bytes': { type: int, defaultValue: '1073741824' },
  'segment.index.bytes': { type: int, defaultValue: '10485760' },
  'segment.jitter.ms': { type: long, defaultValue: '0' },
  'segment.ms': { type: long, defaultValue: weekMs },
  'unclean.leader.election.enable': { type: boolean, defaultValue: 'false' },
};

/** Values that were set; whatever is missing has its default. */
export type TopicSettings = Readonly<Record<string, string>>;

/** @returns what is wrong with a setting, or null */
export function configFault(name: string, value: string | null): string | null {
  const definition = Object.hasOwn(topicConfigs, name) ? topicConfigs[name] : undefined;
  if (definition === undefined) return `Unknown topic config name: ${name}`;
  if (value === null) return `Null value not supported for topic config ${name}`;
  if (isValid(definition, value)) return null;
  const want = definition.allowed?.join(', ') ?? typeNames.get(definition.type);
  return `Invalid value ${value} for configuration ${name}: expected ${want}`;
}

const typeNames = new Map<number, string>([
  [boolean, 'true or false'],
  [int, 'a 32-bit integer'],
  [long, 'a 64-bit integer'],
  [double, 'a number'],
]);

function isValid({ type, allowed }: ConfigDefinition, value: string): boolean {
  switch (type) {
    case boolean:
      return /^(true|false)$/i.test(value);
    case int:
      return /^-?\d{1,10}$/.test(value) && Math.abs(Number(value)) < 2 ** 31;
    case long:
      return /^-?\d{1,19}$/.test(value);
    case double:
      return value.trim() !== '' && Number.isFinite(Number(value));
    case list:
      return allowed === undefined || value.split(',').every((part) => allowed.includes(part.trim()));
    default:
      return allowed === undefined || allowed.includes(value);
  }
}

export function configValue(settings: TopicSettings, name: string): string {
  return settings[name] ?? topicConfigs[name]!.defaultValue;
}

/** The settings that appending follows. */
export function appendRules(settings: TopicSettings): AppendRules {
  return {
    maxBatchBytes: Number(configValue(settings, 'max.message.bytes')),
    timestampType: configValue(settings, 'message.timestamp.type') === 'LogAppendTime' ? 'logAppend' : 'create',
    futureMsMax: Number(configValue(settings, 'message.timestamp.after.max.ms')),
    keyed: configValue(settings, 'cleanup.policy').includes('compact'),
  };
}
