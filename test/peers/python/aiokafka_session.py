#!/usr/bin/env python3
"""Use a broker through aiokafka: producers, a group of two members, transactions, admin; prints one JSON object."""

import argparse
import asyncio
import json

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic


def consumer(args, **settings):
    return AIOKafkaConsumer(
        bootstrap_servers=args.broker,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        heartbeat_interval_ms=200,
        session_timeout_ms=6000,
        **settings,
    )


async def produce(args):
    producer = AIOKafkaProducer(
        bootstrap_servers=args.broker,
        compression_type=None if args.codec == "none" else args.codec,
        enable_idempotence=args.idempotent,
        acks="all",
    )
    await producer.start()
    try:
        sent = []
        for n in range(args.records):
            key, value = f"key-{n}".encode(), f"{args.value}-{n}".encode()
            sent.append(await producer.send(args.topic, value, key=key, headers=[("n", str(n).encode()), ("ä", b"")]))
        places = [await one for one in sent]
    finally:
        await producer.stop()
    return {"partitions": sorted({place.partition for place in places})}


async def take(one, seen):
    """Adds what one poll brings."""
    found = await one.getmany(timeout_ms=200)
    seen += [
        [r.partition, r.offset, r.key.decode(), r.value.decode(), [[k, v.decode()] for k, v in r.headers]]
        for records in found.values()
        for r in records
    ]


async def members(args):
    """Members join, read when each has its share, commit and leave."""
    group = [consumer(args, group_id=args.group) for _ in range(args.members)]
    seen = [[] for _ in group]
    try:
        for one in group:
            one.subscribe([args.topic])
        await asyncio.gather(*(one.start() for one in group))
        while any(len(one.assignment()) != args.partitions // args.members for one in group):
            await asyncio.sleep(0.05)
        assigned = [sorted(tp.partition for tp in one.assignment()) for one in group]
        while sum(map(len, seen)) < args.records:
            await asyncio.gather(*(take(one, own) for one, own in zip(group, seen)))
        for one in group:
            await one.commit()
    finally:
        for one in group:
            await one.stop()
    return {"assigned": assigned, "seen": seen}


async def transactions(args):
    """One aborted and one committed transaction, the second with offsets of a group; read back as committed."""
    producer = AIOKafkaProducer(bootstrap_servers=args.broker, transactional_id=args.group)
    partition = TopicPartition(args.topic, 0)
    await producer.start()
    try:
        try:
            async with producer.transaction():
                await producer.send_and_wait(args.topic, b"aborted", partition=0)
                raise RuntimeError("no")
        except RuntimeError:
            pass
        async with producer.transaction():
            await producer.send_and_wait(args.topic, b"committed", partition=0)
            await producer.send_offsets_to_transaction({partition: 2}, args.group)
    finally:
        await producer.stop()
    result = {}
    for isolation in ("read_committed", "read_uncommitted"):
        reader = consumer(args, isolation_level=isolation)
        await reader.start()
        try:
            reader.assign([partition])
            await reader.seek_to_beginning(partition)
            end = (await reader.end_offsets([partition]))[partition]
            values = []
            while await reader.position(partition) < end:
                values += [r.value.decode() for rs in (await reader.getmany(timeout_ms=200)).values() for r in rs]
            result[isolation] = values
        finally:
            await reader.stop()
    return result | {"offsets": await committed(args)}


async def committed(args):
    admin = AIOKafkaAdminClient(bootstrap_servers=args.broker)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(args.group)
        return sorted([tp.topic, tp.partition, meta.offset] for tp, meta in offsets.items())
    finally:
        await admin.close()


async def administrate(args):
    admin = AIOKafkaAdminClient(bootstrap_servers=args.broker)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(args.topic, 2, 1, topic_configs={"retention.ms": "600000"})])
        while args.topic not in await admin.list_topics():
            await asyncio.sleep(0.1)
        await admin.create_partitions({args.topic: NewPartitions(3)})
        while len((described := await admin.describe_topics([args.topic]))[0]["partitions"]) != 3:
            await asyncio.sleep(0.1)
        groups = await admin.list_consumer_groups()
        await admin.delete_topics([args.topic])
        while args.topic in await admin.list_topics():
            await asyncio.sleep(0.1)
        return {
            "partitions": sorted(p["partition"] for p in described[0]["partitions"]),
            "group_listed": args.group in [name for name, _ in groups],
        }
    finally:
        await admin.close()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    commands = {"produce": produce, "members": members, "transactions": transactions, "admin": administrate}
    p.add_argument("command", choices=commands)
    p.add_argument("--broker", required=True)
    p.add_argument("--topic", required=True, help="must exist, except for admin")
    p.add_argument("--group", help="the transactional id too")
    p.add_argument("--records", type=int, default=10)
    p.add_argument("--value", default="value", help="prefix of the values")
    p.add_argument("--codec", default="none", choices=["none", "gzip"])
    p.add_argument("--idempotent", action="store_true")
    p.add_argument("--members", type=int, default=1)
    p.add_argument("--partitions", type=int, help="of the topic")
    p.add_argument("--timeout", type=float, default=40.0, help="seconds for all of it")
    args = p.parse_args()
    print(json.dumps(asyncio.run(asyncio.wait_for(commands[args.command](args), args.timeout))))


if __name__ == "__main__":
    main()
