"""Who is due when."""

from data.objects import VM
from xo_dash.sync.agenda import Agenda


def taken(agenda: Agenda, now: float) -> list[object]:
    return list(iter(lambda: agenda.take(now), None))


def test_each_is_due_once_and_at_its_earliest_time() -> None:
    agenda, first, second = Agenda(100.0), VM(), VM()
    agenda.put(first, 105.0)
    agenda.put(second, 103.5)
    agenda.put(first, 102.0)
    agenda.put(first, 110.0)
    assert taken(agenda, 101.9) == []
    assert taken(agenda, 102.0) == [first]
    assert taken(agenda, 120.0) == [second]
    assert len(agenda) == 0


def test_what_should_have_been_long_ago_is_due_now_and_what_is_dropped_never() -> None:
    agenda, late, gone = Agenda(100.0), VM(), VM()
    assert taken(agenda, 200.0) == []
    agenda.put(late, 50.0)
    agenda.put(gone, 201.0)
    agenda.drop(gone)
    agenda.drop(gone)
    assert taken(agenda, 201.0) == [late]
    assert taken(agenda, 1000.0) == []
