"""How many submissions a second the writer records: many waiting at once, against one after another."""

from bench.house import House, house, seconds

AT_ONCE = 3000
ONE_BY_ONE = 300
WARM_UP = 20


def line(scale: float) -> str:
    many, few = int(AT_ONCE * scale), int(ONE_BY_ONE * scale)
    with house() as here, here.running("intake-writer"):
        here.submit_at_once(WARM_UP)
        alone = few / seconds(lambda: _one_by_one(here, few))
        at_once = many / seconds(lambda: here.submit_at_once(many))
    return f"{at_once:.0f} submissions a second at once, {alone:.0f} one by one: {at_once / alone:.1f} times as many"


def _one_by_one(here: House, count: int) -> None:
    """Each in a transaction of its own: the next is given when the last is answered."""
    for _ in range(count):
        here.submit().result()
