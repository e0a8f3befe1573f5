"""Operators make tiers of rates and put users into them; the audit log has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.identity import roles
from accounts.models import RateTier
from exchange.models import AuditRecord
from tests.conftest import Person

PAGES = "/admin/accounts/ratetier/"
GOOD = {"name": "fast", "orders": "9000/s 90000000/day", "reads": "", "reports": "", "why": "asked for it"}


@pytest.mark.django_db(transaction=True)
def test_a_tier_is_made_and_changed_and_recorded(staff: Any) -> None:
    operator = staff[roles.OPERATOR]
    assert operator.post(f"{PAGES}add/", {**GOOD, "orders": "9000"}).status_code == 200, "no rate"
    assert not RateTier.objects.filter(name="fast").exists()
    assert operator.post(f"{PAGES}add/", GOOD).status_code == 302
    tier = RateTier.objects.get(name="fast")
    made = AuditRecord.objects.get(kind="rate_tier.made")
    assert (json.loads(made.after)["orders"], made.reason) == (GOOD["orders"], "asked for it")
    assert operator.post(f"{PAGES}{tier.pk}/change/", {**GOOD, "orders": "8000/s"}).status_code == 302
    changed = AuditRecord.objects.get(kind="rate_tier.changed")
    assert json.loads(changed.before) == {"orders": GOOD["orders"]}
    assert json.loads(changed.after) == {"orders": "8000/s"}
    assert "8000/s" in operator.get(PAGES).content.decode()
    assert operator.post(f"{PAGES}{tier.pk}/delete/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_name_of_the_market_makers_tier_stays(staff: Any) -> None:
    tier, _ = RateTier.objects.get_or_create(name="market makers")
    answer = staff[roles.OPERATOR].post(f"{PAGES}{tier.pk}/change/", {**GOOD, "name": "other"})
    assert answer.status_code == 302
    tier.refresh_from_db()
    assert (tier.name, tier.orders) == ("market makers", GOOD["orders"])


@pytest.mark.django_db(transaction=True)
def test_an_administrator_puts_a_user_into_one(staff: Any, alice: Person) -> None:
    tier = RateTier.objects.create(name="fast", orders="9000/s")
    administrator, page = staff[roles.ADMINISTRATOR], f"/admin/accounts/user/{alice.user.pk}/change/"
    form = administrator.get(page).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    sent |= {"rate_tier": tier.pk, "why": "trades a lot"}
    assert administrator.post(page, sent).status_code == 302
    alice.user.refresh_from_db()
    assert alice.user.rate_tier_id == tier.pk
    record = AuditRecord.objects.get(kind="user.changed")
    assert json.loads(record.after)["rate_tier_id"] == tier.pk
