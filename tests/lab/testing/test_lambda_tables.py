"""The Lambdas' tables: made under their names, filled, and named by the environment that functions get."""

from ffcore import FlagSet
from ffcore.aws.settings import read_settings
from ffcore.lab.testing.lambda_tables import lambda_tables
from ffcore.lab.testing.servers import Server
from tests.support.doubles import switched_on


def test_what_the_environment_names_is_there_and_filled(ministack: Server) -> None:
    """A handler's settings can be read from it; a second set of tables is another one."""
    first, second = lambda_tables(ministack, switched_on("a"), "-1st"), lambda_tables(ministack, FlagSet(), "-2nd")
    settings = read_settings("experiment", first.environment)

    assert (settings.flags_table, settings.assignments_table) == ("flags-1st", "assignments-1st")
    assert first.store.get_flags(["a"]) == dict(switched_on("a"))
    assert second.store.get_flags(["a"]) == {}
    assert first.assignments.find("user-1", ["a"]) == {}
