#!/usr/bin/env python3
"""Demo 3 with eventsource-py: events in batches of 100, ten of them on their way at once (AT_ONCE), from the first
publish until all are handled.

Waits for its partitions first, as the program that it is compared with does. Settings are the package's defaults.
"""

import asyncio
import logging
import os
import sys
import time
from pathlib import Path
from uuid import uuid4

from eventsource import KafkaEventBus, KafkaEventBusConfig

sys.path.insert(0, str(Path(__file__).parents[2] / "test" / "real" / "python"))
from publish import OrderPlaced, create_topics, registry  # noqa: E402

BATCH = 100
AT_ONCE = int(os.environ.get("AT_ONCE", "10"))


def batch_from(first, total):
    orders = range(first, min(first + BATCH, total))
    return [OrderPlaced(aggregate_id=uuid4(), customer_id=f"cust-{n}", total_amount=float(n + 1)) for n in orders]


async def run():
    total = int(os.environ.get("EVENTS", "1000"))
    config = KafkaEventBusConfig(
        bootstrap_servers=os.environ["KAFKA_BROKERS"],
        topic_prefix="demo3-python",
        consumer_group="demo-consumers-python",
        auto_offset_reset="earliest",
    )
    await create_topics(config, 3)
    bus = KafkaEventBus(config=config, event_registry=registry())
    handled = 0

    async def look_at(event):
        nonlocal handled
        if not event.total_amount > 0:
            raise ValueError(f"not a total: {event.total_amount}")
        handled += 1

    bus.subscribe(OrderPlaced, look_at)
    await bus.connect()
    bus.start_consuming_in_background()
    while not bus._connection_manager.consumer.assignment():
        await asyncio.sleep(0.01)

    started = time.perf_counter()
    for first in range(0, total, BATCH * AT_ONCE):
        firsts = range(first, min(first + BATCH * AT_ONCE, total), BATCH)
        await asyncio.gather(*(bus.publish(batch_from(n, total)) for n in firsts))
    published = time.perf_counter() - started
    while handled < total:
        await asyncio.sleep(0.005)
    seconds = time.perf_counter() - started
    print(f"published {total} events in {published:.3f} s")
    print(f"handled {handled} events in {seconds:.3f} s: {round(handled / seconds)} events per second")
    await bus.shutdown(timeout=1.0)


if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)
    asyncio.run(run())
