"""The process that enrols uploaded pictures: what it refuses before it loads a network."""

from __future__ import annotations

import io
import json

from governed import put_session, put_user
from painted_photos import GOOD

from lfr_kit.governance.roles import Role
from lfr_kit.store.store import Store
from lfr_kit.ui.server.import_worker import main


def test_an_expiry_that_is_over_is_refused_in_words_before_the_picture_is_looked_at(store_settings):
    with Store.create(store_settings) as store:
        put_user(store, "manager", Role.WATCHLIST_MANAGER)
        order = {
            "store": store_settings.model_dump(mode="json"),
            "token": put_session(store, "manager"),
            "watchlist_id": "W-1",
            "name": "a.png",
            "fields": GOOD | {"person_ref": "A", "expires_at": "2020-01-31"},
            "justification": "wanted",
            "n_bytes": 3,
        }
        out = io.StringIO()
        main(io.BytesIO(json.dumps(order).encode() + b"\nabc"), out)
    (said,) = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (said["status"], said["error"]["kind"]) == (400, "InputError")
    assert "2020-02-01 00:00 UTC is over; give a day or time that lies ahead" in said["error"]["message"]
