"""People at the terminal: their windows, what they see, and a quiet market of their own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from playwright.sync_api import Browser, Locator, Page, expect

from exchange.engine import messages as m
from exchange.link.blocking import BlockingEngineClient
from tests.ops.running import RunningExchange

#: A busy machine takes its time.
PATIENCE_MS = 60_000
DESKTOP = (1280, 720)
PHONE = (390, 844)
#: What a browser says of a connection that ends: before an answer, within one, or a WebSocket's.
LOST_CONNECTION = ("ERR_CONNECTION", "ERR_EMPTY", "ERR_CONTENT_LENGTH", "ERR_INCOMPLETE", "WebSocket")

#: No bot quotes here: what stands in its book, people put there.
QUIET = "SOL-KRW"


class Engine:
    """Operators' commands, straight to the engine of a running exchange."""

    def __init__(self, exchange: RunningExchange) -> None:
        self._client = BlockingEngineClient(exchange.folder / "engine.sock")
        self._client.wait_connected()

    def submit(self, make: Callable[[str], m.Command]) -> None:
        outcome = self._client.submit_many([make(f"test:{uuid.uuid4().hex}")])[0]
        assert outcome.events[0][0] != m.EV_REJECTED, outcome.events[0]

    def list_quiet_market(self, protection: m.Protection | None = None) -> None:
        self.submit(lambda command_id: m.set_asset(command_id, "SOL", 8))
        self.submit(
            lambda command_id: m.set_symbol(
                command_id,
                QUIET,
                base="SOL",
                quote="KRW",
                price_scale=0,
                quantity_scale=8,
                tick_bands=((0, 100),),
                lot_step=1,
                min_quantity_lots=1,
                max_quantity_lots=10**14,
                min_price_ticks=100,
                max_price_ticks=10**9,
                min_notional_minor=5_000 * 10**8,
                maker_ppm=500,
                taker_ppm=500,
                max_open_orders=200,
                protection=protection,
            )
        )

    def set_status(self, status: int, reason: str = "") -> None:
        """``TRADING`` follows at once, also after a halt, which asks for a reason."""
        direct = status == m.TRADING
        self.submit(
            lambda command_id: m.set_symbol_status(
                command_id, QUIET, status, reason or ("goes on" if direct else ""), direct=direct
            )
        )

    def close(self) -> None:
        self._client.close()


@dataclass
class Window:
    """One person's browser window on the exchange. ``complaints`` of its console fail the test."""

    page: Page
    url: str
    complaints: list[str]

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)
        expect(self.page.get_by_test_id("connection")).to_have_attribute("data-state", "live")

    def log_in(self, name: str, password: str, then: str) -> None:
        """Log in by the form, on the way to a page."""
        self.page.goto(f"{self.url}/accounts/login/?next={then}")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", password)
        self.page.click("button[type=submit]")
        expect(self.page.get_by_test_id("connection")).to_have_attribute("data-state", "live")

    def see(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    # --- trading ---

    def place(self, side: str, price: str, quantity: str) -> None:
        """Enter a limit order by keyboard and wait for the exchange to take it."""
        self.choose("limit", side)
        self.see("order-price").fill(price)
        self.see("order-quantity").fill(quantity)
        self.see("order-quantity").press("Enter")
        # The size is cleared when the exchange has answered, and only then.
        expect(self.see("order-quantity")).to_have_value("")

    def choose(self, kind: str, side: str) -> None:
        """The kind of order in the form, on a side."""
        self.see(f"order-side-{side}").click()
        if kind in ("limit", "market"):
            self.see(f"order-type-{kind}").click()
        else:
            self.see("order-type-more").select_option(kind)

    def fill(self, **fields: str) -> None:
        """Fields of the order form by name."""
        for name, text in fields.items():
            self.see(f"order-{name}").fill(text)

    def unfold(self) -> None:
        """Open what few orders need."""
        if not self.see("order-form").locator("details[open]").count():
            self.see("order-more").click()

    def send(self) -> None:
        """Send what the form says and wait for the exchange to take it."""
        self.see("order-send").click()
        expect(self.see("order-quantity")).to_have_value("")

    def ask_first(self) -> None:
        """Send, with the question what the order will do before it."""
        self.unfold()
        self.see("order-confirm-option").check()
        self.see("order-send").click()
        expect(self.see("order-confirm")).to_be_visible()
        self.see("order-confirm").get_by_role("checkbox").check()

    def cancel_all(self) -> None:
        """Every own order, by the button above the table."""
        self.tab("open")
        if self.see("cancel-all").is_enabled():
            self.see("cancel-all").click()
            self.see("cancel-all-confirm").click()
        expect(self.open_orders()).to_have_count(0)

    def deposit(self, asset: str, amount: str) -> None:
        """Play money, on the wallet's page."""
        self.see("deposit").click()
        self.see("deposit-asset").select_option(asset)
        self.see("deposit-amount").fill(amount)
        self.see("deposit-send").click()
        expect(self.see("deposit-dialog")).to_have_count(0)

    def tab(self, name: str) -> None:
        self.see(f"account-tab-{name}").click()

    def open_orders(self) -> Locator:
        """Own orders in the quiet market."""
        return self.see("open-orders").locator("[data-key]").filter(has_text=QUIET)

    def level(self, side: str, price: str) -> Locator:
        """The row of a price in the book, the price with its thousands grouped."""
        return self.see(side).locator("[data-index]").filter(has_text=price)

    def prices(self, side: str) -> list[Decimal]:
        """Prices of a side of the book as shown."""
        texts = self.see(side).locator("[data-index] button").all_inner_texts()
        return [Decimal(text.replace(",", "")) for text in texts if text]


@contextmanager
def window(
    browser: Browser,
    exchange: RunningExchange,
    *,
    size: tuple[int, int] = DESKTOP,
    language: str = "en-US",
    theme: str = "dark",
    may_lose_connection: bool = False,
) -> Iterator[Window]:
    """A fresh window. Whatever its console complains about fails the test, but for the lost connection
    that a test has caused itself."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=language,
        color_scheme="light" if theme == "light" else "dark",
        reduced_motion="reduce",
        has_touch=size == PHONE,
    )
    settings = f'{{"state":{{"theme":"{theme}"}},"version":1}}'
    context.add_init_script(
        f"localStorage.getItem('xtrader.settings') ?? localStorage.setItem('xtrader.settings', '{settings}')"
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    try:
        yield Window(page, exchange.url, complaints)
    finally:
        context.close()
    if may_lose_connection:
        complaints = [text for text in complaints if not any(sign in text for sign in LOST_CONNECTION)]
    assert complaints == [], "\n".join(complaints)
