#!/usr/bin/env python3
"""Buses of eventsource-py, told what to do line by line: a JSON object in, a JSON object out.

    {"do": "open", "bus": "a", "prefix": "orders", "group": "billing", "fail": ["bad"]}     connects and handles
    {"do": "handled", "bus": "a"}           what its handlers have taken, in order, and how each event is written in Python
    {"do": "close", "bus": "a"}             what is under way is finished and committed, then it leaves the group
    {"do": "publish", "prefix": "orders"}   the samples below
    {"do": "replay", "bus": "a", "partition": 0, "offset": 3, "force": false}
"""

import asyncio
import json
import logging
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from uuid import UUID

from eventsource import DomainEvent, KafkaEventBus, KafkaEventBusConfig
from pydantic import BaseModel

sys.path.insert(0, str(Path(__file__).parents[2] / "real" / "python"))
from publish import OrderPlaced, OrderShipped, create_topics, registry  # noqa: E402


class Kind(str, Enum):
    A = "a"
    B = "b"


class Address(BaseModel):
    street: str
    zip: str | None = None


class Rich(DomainEvent):
    """A field of every type that the package writes, with the names that golden.json has."""

    event_type: str = "Rich"
    aggregate_type: str = "Order"
    price: Decimal
    ship_to: Address
    ref: UUID
    due: date
    at: datetime
    gap: timedelta
    raw: bytes
    kind: Kind
    note: str | None
    big: int
    f: float
    tags: set[str]


known = registry()
known.register(Rich)


def number(n):
    return UUID(int=n, version=4)


def rich(n, **given):
    fields = {
        "event_id": number(100 + n),
        "aggregate_id": number(n % 3),
        "aggregate_version": n + 1,
        "correlation_id": number(200),
        "occurred_at": datetime(2025, 1, 2, 3, 4, 5, 120_000, UTC),
        "price": Decimal("10.50"),
        "ship_to": Address(street="Große Straße 1"),
        "ref": number(300 + n),
        "due": date(2025, 2, 3),
        "at": datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
        "gap": timedelta(hours=1, seconds=1.5),
        "raw": b"ab",
        "kind": Kind.A,
        "note": None,
        "big": 2**53 - 1,
        "f": 100.0,
        "tags": {"a"},
    }
    return Rich(**fields | given)


def samples():
    far = timezone(timedelta(hours=5, minutes=45))
    return [
        rich(0),
        rich(1, tenant_id=number(7), actor_id="user:Zoë 🚀", causation_id=number(100), metadata={"n": 1, "ü": ["客", None]}),
        rich(2, price=Decimal("-123456789012345678901234567890.000000001"), f=1e21, gap=timedelta(days=-1, microseconds=7)),
        rich(3, price=Decimal("1E+3"), f=-0.5, note='"q" </é \t\u2028 \ud7ff', kind=Kind.B, tags=set(), raw=b""),
        rich(4, at=datetime(1969, 12, 31, 23, 59, 59, 999_999, far), due=date(9999, 12, 31), big=-(2**53) + 1),
        rich(5, ship_to=Address(street="", zip="0\x00"), note="", occurred_at=datetime(2025, 1, 2, 8, 49, 5, tzinfo=far)),
    ]


def shown(event):
    """Its fields as Python writes them, so that a Decimal is told from a float; occurred_at as the instant it means."""
    written = {name: getattr(event, name) for name in type(event).model_fields}
    written["occurred_at"] = event.occurred_at.astimezone(UTC)
    return {"class": type(event).__name__, **{name: literal(value) for name, value in written.items()}}


def literal(value):
    # Two datetimes may be equal and name their zone by different classes.
    return f"datetime {value.isoformat()}" if isinstance(value, datetime) else repr(value)


class Session:
    def __init__(self, broker):
        self.broker, self.buses = broker, {}

    def make(self, prefix, group, **settings):
        config = KafkaEventBusConfig(
            bootstrap_servers=self.broker, topic_prefix=prefix, consumer_group=group, auto_offset_reset="earliest", **settings
        )
        return KafkaEventBus(config=config, event_registry=known)

    async def do_open(self, bus, prefix, group, fail=(), max_retries=1):
        opened = self.make(prefix, group, max_retries=max_retries, retry_base_delay=0.02, retry_max_delay=0.02)
        handled = []

        async def handle(event):
            if getattr(event, "customer_id", None) in fail:
                raise ValueError(f"no customer {event.customer_id}: nö")
            handled.append(shown(event))

        for event_class in (OrderPlaced, OrderShipped, Rich):
            opened.subscribe(event_class, handle)
        await opened.connect()
        opened.start_consuming_in_background()
        self.buses[bus] = (opened, handled)
        return {}

    async def do_handled(self, bus):
        return {"handled": self.buses[bus][1]}

    async def do_close(self, bus):
        opened, handled = self.buses.pop(bus)
        await opened.shutdown(timeout=5.0)
        return {"handled": handled, "stats": opened.get_stats_dict()}

    async def do_make_topics(self, prefix, partitions=4):
        return {"made": await create_topics(self.make(prefix, prefix).config, partitions)}

    async def do_publish(self, prefix, partitions=4):
        publisher = self.make(prefix, f"{prefix}.publisher")
        await create_topics(publisher.config, partitions)
        events = samples()
        await publisher.connect()
        try:
            await publisher.publish(events)
        finally:
            await publisher.disconnect()
        return {"published": [shown(event) for event in events]}

    async def do_replay(self, bus, partition, offset, force=False):
        try:
            return {"replayed": await self.buses[bus][0].replay_dlq_message(partition, offset, force=force)}
        except ValueError as error:
            return {"replayed": False, "error": str(error)}


async def run(broker):
    session, loop = Session(broker), asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        try:
            answer = await getattr(session, f"do_{request.pop('do')}")(**request)
        except Exception as error:  # the test shows it
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    for bus in list(session.buses):
        await session.do_close(bus)


if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)
    asyncio.run(run(sys.argv[1]))
