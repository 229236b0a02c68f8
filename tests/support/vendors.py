"""Users that the vendors' sample flag files tell apart, and where those files lie."""

from pathlib import Path

import pandas as pd

DATA = Path(__file__).parents[1] / "data" / "vendors"
COUNTRIES, EMAILS = ["NO", "SE", "US", None], ["ann@example.com", "bo@x.org", None, "cy@test.org", "dé@example.com"]
USERS = [
    {
        "id": f"{'üser' if number % 9 == 0 else 'user'}-{number}",
        "country": COUNTRIES[number % 4],
        "age": 10 + number % 30,
        "plan": ["pro", "free", None, "team"][number // 4 % 4],
        "email": EMAILS[number % 5],
        "beta": True if number % 3 else None,
    }
    for number in range(240)
]
PRESENT = [{name: value for name, value in user.items() if value is not None} for user in USERS]
#: The same users as a frame: the column of ids, and attributes of which null is missing.
FRAME = pd.DataFrame(USERS).rename(columns={"id": "user_id"})
