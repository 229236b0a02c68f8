"""The machine as notebooks show it: warnings first, all values escaped."""

from ffcore.lab.report.machine import Machine


def test_warnings_stand_above_the_table() -> None:
    """What makes a machine unfit is read before what it is."""
    shown = Machine({"cpu_model": "A <b>", "load": [3.5, 1.0, 0.5]}, ("The load is 3.5.",))._repr_html_()

    assert shown.index("The load is 3.5.") < shown.index("A &lt;b&gt;")


def test_the_record_names_no_place_and_carries_its_warnings() -> None:
    """The result file holds every field of the record, and the warnings with it."""
    found = Machine.record().to_dict()

    assert found["python"]
    assert isinstance(found["warnings"], list)


def test_the_commit_may_be_unknown() -> None:
    """Outside a clone there is no commit."""
    assert (Machine({"commit": None}, ()).commit, Machine({"commit": "abc"}, ()).commit) == (None, "abc")
