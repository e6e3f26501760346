/** AlterConfigs and IncrementalAlterConfigs: the settings of topics, replaced as a whole or one by one. */
import { alterConfigs } from '../../protocol/alter-configs.ts';
import { configOperations, configResourceTypes, configTypes } from '../../protocol/config-values.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { incrementalAlterConfigs } from '../../protocol/incremental-alter-configs.ts';
import { answer } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';
import { configValue, type TopicSettings, topicConfigs } from '../topic-configs.ts';
import type { Refusal, Topic } from '../topics.ts';

type Settings = Readonly<Record<string, string | null>>;

interface ResourceAsked {
  readonly type: number;
  readonly name: string;
}

interface Change {
  readonly name: string;
  readonly operation: number;
  readonly value: string | null;
}

export const handleAlterConfigs = answer(
  alterConfigs,
  ({ resources, validateOnly }, state) => ({
    throttleTimeMs: 0,
    resources: resources.map((asked) => {
      const settings = Object.fromEntries(asked.configs.map(({ name, value }) => [name, value]));
      return outcome(
        asked,
        alter(asked, () => settings, validateOnly, state),
      );
    }),
  }),
  ({ resources }, errorCode) => ({
    throttleTimeMs: 0,
    resources: resources.map((asked) => outcome(asked, { errorCode, message: 'refused by a test' })),
  }),
);

export const handleIncrementalAlterConfigs = answer(
  incrementalAlterConfigs,
  ({ resources, validateOnly }, state) => ({
    throttleTimeMs: 0,
    resources: resources.map((asked) =>
      outcome(
        asked,
        changeFault(asked.configs) ??
          alter(asked, (topic) => changed(topic.settings, asked.configs), validateOnly, state),
      ),
    ),
  }),
  ({ resources }, errorCode) => ({
    throttleTimeMs: 0,
    resources: resources.map((asked) => outcome(asked, { errorCode, message: 'refused by a test' })),
  }),
);

function alter(
  asked: ResourceAsked,
  settings: (topic: Topic) => Settings,
  validateOnly: boolean,
  { topics }: BrokerState,
): Refusal | null {
  if (asked.type !== configResourceTypes.topic) {
    const message = `only topics have settings that can be changed here, found resource type ${asked.type}`;
    return { errorCode: kafkaErrors.INVALID_REQUEST, message };
  }
  const topic = topics.get(asked.name);
  if (topic === undefined) {
    return { errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, message: 'there is no such topic' };
  }
  return topics.configure(topic, settings(topic), validateOnly);
}

/** @returns what is wrong with the changes, whatever they are made to */
function changeFault(changes: readonly Change[]): Refusal | null {
  for (const { name, operation, value } of changes) {
    if (!Object.values<number>(configOperations).includes(operation)) {
      return { errorCode: kafkaErrors.INVALID_REQUEST, message: `operation ${operation} of ${name} is not known` };
    }
    if (value === null && operation !== configOperations.delete) {
      return { errorCode: kafkaErrors.INVALID_REQUEST, message: `${name} needs a value` };
    }
    const toList = operation === configOperations.append || operation === configOperations.subtract;
    if (toList && topicConfigs[name]?.type !== configTypes.list) {
      return { errorCode: kafkaErrors.INVALID_CONFIG, message: `${name} is not a list` };
    }
  }
  return null;
}

/** Names that are not known stay in, so that they are refused like in any other request. */
function changed(settings: TopicSettings, changes: readonly Change[]): Settings {
  const next: Record<string, string | null> = { ...settings };
  for (const { name, operation, value } of changes) {
    if (operation === configOperations.delete) delete next[name];
    else if (operation === configOperations.set) next[name] = value;
    else next[name] = changedList(next[name] ?? configValue(settings, name), operation, value ?? '');
  }
  return next;
}

function changedList(current: string, operation: number, value: string): string {
  const parts = current.split(',').filter((part) => part !== '');
  const given = value.split(',');
  const kept = parts.filter((part) => !given.includes(part));
  return (operation === configOperations.append ? [...kept, ...given] : kept).join(',');
}

function outcome({ type, name }: ResourceAsked, fault: Refusal | null) {
  return { type, name, errorCode: fault?.errorCode ?? kafkaErrors.NONE, errorMessage: fault?.message ?? null };
}
