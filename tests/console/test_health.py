"""Alive, ready, and counted."""

from o2c_chassis.health import Health, Patience
from prometheus_client.parser import text_string_to_metric_families

from tests.chassis import toy
from tests.chassis.toy import order, record

PATIENCE = Patience(stalled_seconds=10, outbox_seconds=10, rules_seconds=3600)


class Watch:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def test_a_service_that_is_behind_and_commits_nothing_is_not_live(desk):
    watch = Watch()
    health = Health(desk.running, PATIENCE, watch)
    await desk.bus.publish(toy.INTAKE, [record(1, order("o1"))])

    at_once = await health.live()
    watch.seconds = 11
    later = await health.live()
    await desk.settle()
    caught_up = await health.live()

    assert (at_once, caught_up) == ([], [])
    assert later == ["1 records behind and nothing committed for 11 s"]


async def test_progress_keeps_a_service_that_is_behind_alive(desk):
    watch = Watch()
    health = Health(desk.running, PATIENCE, watch)
    desk.running.reader.most = 1
    await desk.bus.publish(toy.INTAKE, [record(n, order(f"o{n}")) for n in range(3)])

    for seconds in (0, 8, 16):
        watch.seconds = seconds
        assert await health.live() == []
        await desk.running.reader.step()


async def test_a_stopped_release_is_live_but_not_ready(desk):
    watch = Watch()
    health = Health(desk.running, PATIENCE, watch)
    await desk.bus.publish(toy.INTAKE, [record(1, order("o1"))])
    await desk.running.database.fetch(
        "insert into halts values ($1, 'too many', now())", desk.running.path.quarantine.release_name
    )

    await health.live()
    watch.seconds = 100

    assert await health.live() == []
    assert await health.ready() == ["stopped: too many"]


async def test_events_that_stay_unsent_make_it_unready(desk):
    watch = Watch()
    health = Health(desk.running, PATIENCE, watch)
    await desk.bus.publish(toy.INTAKE, [record(1, order("o1"))])
    await desk.running.relay.step()
    await desk.running.reader.step()

    assert await health.ready() == []
    watch.seconds = 11
    assert "unsent" in (await health.ready())[0]
    await desk.settle()
    assert await health.ready() == []


async def test_rules_unread_for_too_long_make_it_unready(desk):
    health = Health(desk.running, Patience(rules_seconds=-1), Watch())

    assert "rules unread" in (await health.ready())[0]


async def test_a_lost_database_is_no_reason_to_restart_but_one_not_to_be_relied_upon(desk):
    health = Health(desk.running, PATIENCE, Watch())
    desk.running.database.url = "postgresql://nobody:x@127.0.0.1:1/none"
    await desk.running.database.close()
    desk.running.database._engine = None

    assert await health.live() == []
    assert await health.ready() != []


async def test_metrics_carry_the_names_that_dashboards_know(desk):
    await desk.publish(toy.INTAKE, record(1, order("o1")), record(2, order("o2", purchase_order="boom")))
    await desk.bus.publish(toy.INTAKE, [record(3, order("o3", "bolt"))])

    answer = await desk.client.get("/metrics")

    found = {s.name: s for f in text_string_to_metric_families(answer.text) for s in f.samples if s.value}
    assert found["kafka_consumergroup_lag"].labels["topic"] == toy.INTAKE
    assert found["kafka_consumergroup_lag"].labels["consumergroup"] == "orders"
    assert found["o2c_parked"].labels == {"service": "orders", "code": "HandlerFailed"}
    assert found["o2c_blocked_customers"].value == 1
    assert found["o2c_events_handled_total"].value == 2
    assert [(await desk.client.get(f"/health/{probe}")).status_code for probe in ("live", "ready")] == [200, 200]
