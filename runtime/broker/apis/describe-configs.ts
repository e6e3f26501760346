/** DescribeConfigs: the settings of topics, and the few of the broker that tools look for. */
import type { RequestOf, ResponseOf } from '../../protocol/api.ts';
import { configResourceTypes, configSources, configTypes } from '../../protocol/config-values.ts';
import { describeConfigs } from '../../protocol/describe-configs.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { answer } from '../answer.ts';
import { type BrokerState, nodeId } from '../broker-state.ts';
import { topicConfigs } from '../topic-configs.ts';
import type { Topic } from '../topics.ts';

type ResourceAsked = RequestOf<typeof describeConfigs>['resources'][number];
type ResourceAnswer = ResponseOf<typeof describeConfigs>['resources'][number];
type Setting = ResourceAnswer['configs'][number];

export const handleDescribeConfigs = answer(
  describeConfigs,
  ({ resources, includeSynonyms }, state) => ({
    throttleTimeMs: 0,
    resources: resources.map((asked) => {
      const { configs, ...rest } = describe(asked, state);
      return { ...rest, configs: includeSynonyms ? configs : configs.map((c) => ({ ...c, synonyms: [] })) };
    }),
  }),
  ({ resources }, errorCode) => ({
    throttleTimeMs: 0,
    resources: resources.map((asked) => refused(asked, errorCode, null)),
  }),
);

function describe(asked: ResourceAsked, state: BrokerState): ResourceAnswer {
  const only = ({ name }: Setting): boolean => asked.configNames === null || asked.configNames.includes(name);
  switch (asked.type) {
    case configResourceTypes.topic: {
      const topic = state.topics.get(asked.name);
      if (topic === undefined) return refused(asked, kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, 'there is no such topic');
      return { ...refused(asked, kafkaErrors.NONE, null), configs: topicSettings(topic).filter(only) };
    }
    case configResourceTypes.broker:
      if (asked.name !== '' && asked.name !== String(nodeId)) {
        return refused(asked, kafkaErrors.INVALID_REQUEST, `expected broker ${nodeId}, found "${asked.name}"`);
      }
      return { ...refused(asked, kafkaErrors.NONE, null), configs: brokerSettings(state).filter(only) };
    // These exist in Kafka and have no settings here.
    case configResourceTypes.brokerLogger:
    case configResourceTypes.clientMetrics:
    case configResourceTypes.group:
      return refused(asked, kafkaErrors.NONE, null);
    default:
      return refused(asked, kafkaErrors.INVALID_REQUEST, `resource type ${asked.type} is not known`);
  }
}

function topicSettings({ settings }: Topic): readonly Setting[] {
  return Object.entries(topicConfigs).map(([name, { type, defaultValue }]) => {
    const inherited = { name, value: defaultValue, source: configSources.default };
    const own = settings[name];
    if (own === undefined) return setting(inherited, type, false, [inherited]);
    const chosen = { name, value: own, source: configSources.topic };
    return setting(chosen, type, false, [chosen, inherited]);
  });
}

function brokerSettings({ topics, autoCreateTopics }: BrokerState): readonly Setting[] {
  const fixed: readonly (readonly [string, string, number])[] = [
    ['auto.create.topics.enable', String(autoCreateTopics), configTypes.boolean],
    ['default.replication.factor', '1', configTypes.int],
    ['message.max.bytes', topicConfigs['max.message.bytes']!.defaultValue, configTypes.int],
    ['min.insync.replicas', '1', configTypes.int],
    ['node.id', String(nodeId), configTypes.int],
    ['num.partitions', String(topics.defaultPartitions), configTypes.int],
  ];
  return fixed.map(([name, value, type]) => {
    const chosen = { name, value, source: configSources.staticBroker };
    return setting(chosen, type, true, [chosen]);
  });
}

function setting(
  chosen: { readonly name: string; readonly value: string; readonly source: number },
  type: number,
  readOnly: boolean,
  synonyms: Setting['synonyms'],
): Setting {
  return { ...chosen, type, readOnly, sensitive: false, synonyms, documentation: null };
}

function refused({ type, name }: ResourceAsked, errorCode: number, errorMessage: string | null): ResourceAnswer {
  return { errorCode, errorMessage, type, name, configs: [] };
}
