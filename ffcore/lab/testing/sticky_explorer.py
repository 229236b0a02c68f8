"""The negative control of exploring: an explorer that answers the first edit of a flag, whatever is asked later."""

from __future__ import annotations

from ffcore.flagset import FlagSet
from ffcore.lab.explore import Answer, Edit, Explorer
from ffcore.lab.verify.users import Users


class StickyExplorer(Explorer):
    """Remembers its first answer about each flag, as a cache does whose key leaves out the edit.

    >>> from ffcore import Flag
    >>> explorer = StickyExplorer(FlagSet([Flag("a", True, 10)]), range(1_000))
    >>> explorer.answer(Edit("a", 25)) is explorer.answer(Edit("a", 50))
    True
    """

    def __init__(self, flags: FlagSet, users: Users) -> None:
        super().__init__(flags, users)
        self._first: dict[str, Answer] = {}

    def answer(self, edit: Edit) -> Answer:
        """The first answer about the edit's flag."""
        if edit.key not in self._first:
            self._first[edit.key] = super().answer(edit)
        return self._first[edit.key]
