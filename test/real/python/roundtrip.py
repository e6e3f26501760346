#!/usr/bin/env python3
"""Produce a few records with plain aiokafka and read them back in a consumer group; prints one JSON object."""

import argparse
import asyncio
import json

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def run(args):
    producer = AIOKafkaProducer(
        bootstrap_servers=args.broker,
        client_id="aiokafka",
        compression_type=None if args.compression == "none" else args.compression,
        enable_idempotence=args.idempotent,
        acks="all",
    )
    await producer.start()
    try:
        for n in range(args.records):
            headers = [("n", str(n).encode())]
            await producer.send_and_wait(args.topic, f"value-{n}".encode(), key=f"key-{n % 5}".encode(), headers=headers)
    finally:
        await producer.stop()

    consumer = AIOKafkaConsumer(
        args.topic,
        bootstrap_servers=args.broker,
        client_id="aiokafka",
        group_id=args.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    values = []
    try:
        async with asyncio.timeout(args.timeout):
            while len(values) < args.records:
                found = await consumer.getmany(timeout_ms=500)
                values += [record.value.decode() for records in found.values() for record in records]
            await consumer.commit()
    finally:
        await consumer.stop()
    print(json.dumps({"sent": args.records, "received": sorted(values)}))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--broker", default="127.0.0.1:9092")
    p.add_argument("--topic", default="roundtrip", help="must exist")
    p.add_argument("--group", default="roundtrip")
    p.add_argument("--records", type=int, default=10)
    p.add_argument("--compression", default="none", choices=["none", "gzip"])
    p.add_argument("--idempotent", action="store_true")
    p.add_argument("--timeout", type=float, default=20.0, help="seconds to wait for records")
    asyncio.run(run(p.parse_args()))


if __name__ == "__main__":
    main()
