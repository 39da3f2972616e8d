"""Which views of a service show everything it has recorded, and which are to be shown anew first."""

from collections.abc import Mapping

from shared.eventstore.store import Reader, Schema, Store, Transaction

SHOWN_VIEWS = Schema(
    "shown_views",
    ("CREATE TABLE IF NOT EXISTS {app}_shown_views (view_name TEXT PRIMARY KEY, shape INTEGER NOT NULL)",),
)


class ShownViews:
    """`shapes` are the views of this release; a number is raised where the rows of a view are to be made anew."""

    def __init__(self, store: Store, shapes: Mapping[str, int]) -> None:
        self._store = store
        self._shapes = shapes
        self._table = f"{store.application}_shown_views"

    def behind(self) -> list[str]:
        """The views that came, or changed their shape, after something had been recorded.

        Where nothing was, all of them show it; others may be starting at the same time, and begin to record.
        """
        with self._store.read() as reader:
            if not self._not_shown(reader):
                return []
        with self._store.write() as transaction:
            behind = self._not_shown(transaction)
            if transaction.execute(f"SELECT 1 FROM {self._store.application}_events LIMIT 1"):
                return behind
            for view in behind:
                self._mark(transaction, view)
            return []

    def mark(self, *views: str) -> None:
        """Remember that these show everything."""
        with self._store.write() as transaction:
            for view in views:
                self._mark(transaction, view)

    def _not_shown(self, reader: Reader) -> list[str]:
        rows = reader.execute(f"SELECT view_name, shape FROM {self._table}")
        shown = {row["view_name"]: row["shape"] for row in rows}
        return [view for view, shape in self._shapes.items() if shown.get(view, 0) < shape]

    def _mark(self, transaction: Transaction, view: str) -> None:
        transaction.execute(
            f"INSERT INTO {self._table} (view_name, shape) VALUES (:view, :shape)"
            " ON CONFLICT (view_name) DO UPDATE SET shape = excluded.shape",
            {"view": view, "shape": self._shapes[view]},
        )
