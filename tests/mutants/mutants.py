"""Small changes of the product that break it, each with the tests that must notice: ``make mutants``.

A mutant is a snippet of code, which stands exactly once in its file, and what to put in its place. Most of
these once passed every test there was; the others are their siblings, and guards that the crash harness leans
on. A mutant that survives says that a test is missing or has been weakened.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Mutant(NamedTuple):
    """``path`` is where the snippet was last seen; ``tools/mutants.py`` finds one that has moved."""

    name: str
    path: str
    original: str
    mutated: str
    #: Node ids of pytest, of which at least one must fail.
    tests: tuple[str, ...]


_EDGES = "tests/exchange/engine/test_edges.py::"
_MONEY = "tests/exchange/engine/test_rules_money.py::"
_CUTS = "tests/exchange/journal/test_power_cuts.py::"
_FORGED = "tests/exchange/journal/test_forged.py::"
_TURNS = "tests/exchange/node/test_turns.py::"
_BOOK = "tests/web/live/test_book_topic.py"
_PEGS = "tests/exchange/engine/test_rules_pegged_orders.py::"

ENGINE: Final = (
    Mutant(
        "market-buy-walks-on",
        "exchange/engine/rules/looking_ahead.py",
        "if wanted == 0 or cost > available:",
        "if wanted == 0:",
        (_EDGES + "test_m2_the_walk_ends_with_the_first_level_that_cannot_be_paid",),
    ),
    Mutant(
        "sale-by-amount-ignores-lot-step",
        "exchange/engine/rules/looking_ahead.py",
        "if budget // unit < symbol.lot_step and not (",
        "if budget // unit < 1 and not (",
        (_EDGES + "test_m4_a_rest_worth_less_than_a_lot_step_is_not_held_for_at_a_worse_price",),
    ),
    Mutant(
        "pegs-before-the-book",
        "exchange/engine/rules/pegs.py",
        "return level_ticks >= peg_ticks if side == m.BUY else level_ticks <= peg_ticks",
        "return level_ticks > peg_ticks if side == m.BUY else level_ticks < peg_ticks",
        (_PEGS + "test_pg4_after_all_that_the_book_has_at_the_price",),
    ),
    Mutant(
        "pegged-sell-rounded-into-the-spread",
        "exchange/engine/rules/pegs.py",
        "reference = doubled // 2 if buys else (doubled + 1) // 2",
        "reference = doubled // 2",
        (_PEGS + "test_pg2_a_sell_is_above_what_it_follows_and_no_lower_than_its_limit",),
    ),
    Mutant(
        "peg-beyond-its-limit",
        "exchange/engine/rules/pegs.py",
        "price = min(symbol.price_below(highest + 1), order.price_ticks)",
        "price = symbol.price_below(highest + 1)",
        (_PEGS + "test_pg2_a_buy_is_below_what_it_follows_and_no_higher_than_its_limit",),
    ),
    Mutant(
        "replaced-peg-keeps-its-turn",
        "exchange/engine/rules/pegs.py",
        "since_ns = options.changed_ns or order.created_ns",
        "since_ns = order.created_ns",
        (_PEGS + "test_pg4_replaced_it_goes_to_the_back_and_lowered_it_stays",),
    ),
    Mutant(
        "post-only-takes-pegs",
        "exchange/engine/rules/pegs.py",
        "if taker.post_only or not book.has_pegs(taker.side):",
        "if not book.has_pegs(taker.side):",
        (_PEGS + "test_pg5_a_post_only_order_passes_them",),
    ),
    Mutant(
        "pegs-of-an-account-unbounded",
        "exchange/engine/rules/pegs.py",
        "return len(pegged) < limits.pegs_per_symbol and len(own) < limits.pegs_per_account",
        "return len(pegged) < limits.pegs_per_symbol",
        (_PEGS + "test_pg6_of_an_account_and_of_a_symbol",),
    ),
    Mutant(
        "looking-at-pegs-is-free",
        "exchange/engine/rules/matching.py",
        "effects.command_end -= LOOK_TRADES",
        "effects.command_end -= 0",
        (_PEGS + "test_pg6_looking_counts_where_orders_fire",),
    ),
    Mutant(
        "peg-on-the-feed",
        "exchange/engine/rules/traders.py",
        "if not order.is_unseen():",
        "if order.order_type != m.MARKET:",
        (_PEGS + "test_pg4_replaced_it_goes_to_the_back_and_lowered_it_stays",),
    ),
    Mutant(
        "group-is-an-account",
        "exchange/engine/state/ledger.py",
        "self.owner = -group if group else self.number",
        "self.owner = group if group else self.number",
        (_EDGES + "test_a_group_is_no_account_even_if_their_numbers_are_the_same",),
    ),
    Mutant(
        "unpaid-rebate-lowers-hold",
        "exchange/engine/state/book.py",
        "return value + fee if fee > 0 else value",
        "return value + fee",
        (_EDGES + "test_a_rebate_that_could_not_be_paid_lowers_no_hold",),
    ),
    Mutant(
        "plan-changes-past-own-rates",
        "exchange/engine/state/fee_plans.py",
        "if account.fee_plan == number:",
        "if account.fee_plan > number:",
        ("tests/exchange/engine/test_rules_fee_plans.py",),
    ),
    Mutant(
        "new-symbol-past-own-rates",
        "exchange/engine/state/fee_plans.py",
        "if everywhere is not None:\n                account.fees[symbol]",
        "if everywhere is None:\n                account.fees[symbol]",
        ("tests/exchange/engine/test_rules_fee_plans.py",),
    ),
    Mutant(
        "command-forgotten-too-early",
        "exchange/engine/state/memory.py",
        ".now_ns < applied_ns:",
        ".now_ns <= applied_ns:",
        (_EDGES + "test_a_command_is_remembered_for_the_whole_time_and_no_longer",),
    ),
)

MONEY: Final = (
    Mutant(
        "move-spends-what-is-held",
        "exchange/engine/rules/money.py",
        "if amount_minor > source.available:",
        "if amount_minor > source.available + source.held:",
        (_MONEY + "test_f5_held_money_does_not_move",),
    ),
    Mutant(
        "move-out-of-a-frozen-account",
        "exchange/engine/rules/money.py",
        "    if account.status != m.ACTIVE:\n        return rejected(command, codes.ACCOUNT_FROZEN)\n",
        "",
        (_MONEY + "test_f5_what_does_not_move",),
    ),
    Mutant(
        "share-beyond-the-fees",
        "exchange/engine/rules/money.py",
        "if amount_minor > fees.available:",
        "if False:",
        (_MONEY + "test_f8_what_is_not_paid",),
    ),
    Mutant(
        "withdrawal-ends-twice",
        "exchange/engine/rules/money.py",
        "    state.withdrawals.remove(number, withdrawal_id)\n",
        "",
        (_MONEY + "test_f7_it_ends_once",),
    ),
    Mutant(
        "one-withdrawal-too-many",
        "exchange/engine/rules/money.py",
        ">= state.limits.withdrawals_per_account:",
        "> state.limits.withdrawals_per_account:",
        (_MONEY + "test_f6_an_account_has_only_so_many_open",),
    ),
    Mutant(
        "withdrawal-held-without-its-fee",
        "exchange/engine/state/withdrawals.py",
        "return self.amount_minor + self.fee_minor",
        "return self.amount_minor",
        (_MONEY + "test_f6_a_withdrawal_and_its_fee_are_held_from_its_request_on",),
    ),
    Mutant(
        "withdrawal-fee-lost",
        "exchange/engine/state/ledger.py",
        ".available += fee_minor",
        ".available += 0",
        (_MONEY + "test_f7_a_settled_withdrawal_leaves_and_its_fee_is_earned",),
    ),
    Mutant(
        "snapshot-forgets-withdrawals",
        "exchange/engine/snapshot.py",
        "return [*row, held] if held else row",
        "return row",
        (_MONEY + "test_a_snapshot_without_withdrawals_opens_as_one_that_has_none",),
    ),
    Mutant(
        "receiver-takes-the-senders-row",
        "marketdata/projection/rows.py",
        "is_receiver=transfer.kind == MOVED_IN",
        "is_receiver=False",
        (
            "tests/web/rest/test_reads.py::"
            "test_the_ledger_shows_both_sides_of_a_move_and_every_step_of_a_withdrawal",
        ),
    ),
)

JOURNAL: Final = (
    Mutant(
        "last-record-not-written-again",
        "exchange/journal/file_journal.py",
        "            self.files.write(self._file, last, end.last.offset)\n",
        "",
        (_CUTS + "test_what_a_failed_sync_left_in_the_cache_is_written_again",),
    ),
    Mutant(
        "torn-tail-left",
        "exchange/journal/file_journal.py",
        "            self.files.write(self._file, bytes(end.torn_bytes), end.offset)\n",
        "",
        (_FORGED + "test_a_torn_batch_of_more_than_a_megabyte_leaves_nothing_behind",),
    ),
    Mutant(
        "record-states-itself-durable",
        "exchange/journal/reader.py",
        "elif record.durable_sequence >= record.first_sequence:",
        "elif False:",
        (_FORGED + "test_no_record_states_itself_durable",),
    ),
    Mutant(
        "older-epoch-taken",
        "exchange/journal/reader.py",
        "elif record.epoch < self._epoch:",
        "elif False:",
        (_FORGED + "test_no_epoch_comes_after_a_later_one",),
    ),
    Mutant(
        "bytes-behind-an-older-segment",
        "exchange/journal/reader.py",
        "or segment.torn_bytes(self._offset):",
        "or False:",
        (_FORGED + "test_bytes_behind_the_last_record_of_an_older_segment_are_damage",),
    ),
    Mutant(
        "snapshot-name-not-synced",
        "exchange/journal/snapshots.py",
        "    files.name_durably(unfinished, path)\n",
        "    files.rename(unfinished, path)\n",
        (_CUTS + "test_a_snapshot_is_durable_before_it_is_counted_on",),
    ),
    Mutant(
        "snapshot-not-synced",
        "exchange/journal/snapshots.py",
        "        files.sync(file)\n",
        "",
        (_CUTS + "test_a_snapshot_is_durable_before_it_is_counted_on",),
    ),
    Mutant(
        "new-folder-not-synced",
        "exchange/journal/files.py",
        "                self.sync_dir(each.parent)\n",
        "                pass\n",
        (_CUTS + "test_the_folders_of_a_new_journal_are_durable_before_anything_in_them_is_acknowledged",),
    ),
    Mutant(
        "found-folder-not-synced",
        "exchange/journal/files.py",
        "self.sync_dir(there.parent)",
        "pass",
        (_CUTS + "test_a_folder_left_by_a_killed_engine_is_synced_before_it_is_built_upon",),
    ),
    Mutant(
        "unsynced-name-kept",
        "exchange/journal/files.py",
        "                self.rename(target, source)\n",
        "                pass\n",
        (_CUTS + "test_a_folder_sync_that_failed_is_not_believed_when_it_is_repeated",),
    ),
    Mutant(
        "unsynced-folder-kept",
        "exchange/journal/files.py",
        "                    self.remove_dir(each)\n",
        "                    pass\n",
        (_CUTS + "test_a_folder_sync_that_failed_is_not_believed_when_it_is_repeated",),
    ),
    Mutant(
        "unsynced-archived-name-kept",
        "exchange/journal/archive.py",
        "                files.remove(target)\n",
        "                pass\n",
        (_CUTS + "test_an_archived_name_that_was_not_synced_is_made_anew",),
    ),
    Mutant(
        "short-write-taken-for-whole",
        "exchange/journal/files.py",
        "while done < len(data):",
        "while False:",
        (_CUTS + "test_the_systems_own_short_writes",),
    ),
    Mutant(
        "short-write-goes-on-elsewhere",
        "exchange/journal/files.py",
        "memoryview(data)[done:], offset + done)",
        "memoryview(data)[done:], offset)",
        (_CUTS + "test_a_write_that_was_cut_short_is_gone_on_with",),
    ),
)

NODE: Final = (
    Mutant(
        "stop-drops-what-waits",
        "exchange/node/server.py",
        "        while self._waiting:\n            self._sequence()\n        self._answer_queries()",
        "        self._answer_queries()",
        (_TURNS + "test_a_stopping_engine_carries_out_what_it_has_read",),
    ),
    Mutant(
        "run-of-ids-only",
        "exchange/node/peer.py",
        "if request_id == run[0] + run[2] and sequence == run[1] + run[2]:",
        "if request_id == run[0] + run[2]:",
        (_TURNS + "test_ids_that_follow_each_other_at_sequences_that_do_not",),
    ),
    Mutant(
        "run-of-sequences-only",
        "exchange/node/peer.py",
        "if request_id == run[0] + run[2] and sequence == run[1] + run[2]:",
        "if sequence == run[1] + run[2]:",
        ("tests/exchange/link/test_replies.py::test_a_subscriber_is_told_what_everybody_is",),
    ),
    Mutant(
        "batch-without-shares",
        "exchange/node/fair_queue.py",
        "elif served[account] >= self._share:",
        "elif False:",
        (_TURNS + "test_whoever_comes_beside_a_flood_is_answered_in_the_next_turn",),
    ),
)

LINKS: Final = (
    Mutant(
        "flood-told-at-once",
        "exchange/link/results.py",
        "elif account in self._waiting or self._told.get(account, 0) >= RESULTS_A_TURN:",
        "elif False:",
        ("tests/exchange/link/test_results.py::test_a_flood_is_told_by_turns_and_another_at_once",),
    ),
    Mutant(
        "flood-on-its-way-whole",
        "web/live/turns.py",
        "            or not self._has_room(account)\n",
        "",
        ("tests/web/live/test_turns.py::test_nothing_runs_while_all_who_wait_have_to_wait_for_answers",),
    ),
    Mutant(
        "busy-is-final",
        "exchange/link/async_client.py",
        "if message.code != BAD_QUERY and request_id < self._sent_before_below:",
        "if False:",
        ("tests/exchange/link/test_clients.py::test_no_refusal_of_a_repetition_is_the_outcome_of_the_first",),
    ),
    Mutant(
        "feed-socket-stays-away",
        "marketdata/feed/feed_server.py",
        "                await self._tend()\n",
        "",
        (
            "tests/marketdata/test_feed.py::"
            "test_a_removed_socket_comes_back_and_who_is_connected_notices_nothing",
        ),
    ),
    Mutant(
        "restored-folders-not-synced",
        "ops/backup/manifest.py",
        "            sync_path(path)\n    _sync_folders(folder)\n",
        "            sync_path(path)\n",
        ("tests/crash/test_restore_forgets.py::test_what_was_restored_outlives_a_power_cut",),
    ),
)

FEEDS: Final = (
    Mutant(
        "delta-has-an-old-time",
        "web/live/book_topic.py",
        "self.topic.publish(*self._changed_at, [body])",
        "self.topic.publish(self._changed_at[0], self.topic.timestamp_ms, [body])",
        (_BOOK,),
    ),
    Mutant(
        "snapshot-from-between",
        "web/live/book_topic.py",
        "        if not self.is_dirty:\n            self._admit_newcomers()",
        "        self._admit_newcomers()",
        (_BOOK,),
    ),
    Mutant(
        "private-reader-goes-on-with-a-hole",
        "web/live/account_topics.py",
        "            self.owed[name].update(topic.readers)\n            topic.readers.clear()\n",
        "",
        ("tests/web/live/test_account_topics.py",),
    ),
    Mutant(
        "private-reader-is-pushed-before-its-snapshot",
        "web/live/account_topics.py",
        "            topic.readers.clear()\n",
        "",
        ("tests/web/live/test_account_topics.py",),
    ),
)

READS: Final = (
    Mutant(
        "archives-what-snapshots-need",
        "marketdata/projection/snapshot_writer.py",
        "self._archiver.allow(min(unneeded_sequence(self._folder, files=self._files), sequence))",
        "self._archiver.allow(sequence)",
        ("tests/marketdata/test_archiving.py",),
    ),
    Mutant(
        "candle-before-the-start",
        "marketdata/candles.py",
        "open_ns = candle_open_ns(start_ns + interval_ns - 1, interval_ns)",
        "open_ns = candle_open_ns(start_ns, interval_ns)",
        ("tests/marketdata/test_flat_candles.py",),
    ),
    Mutant(
        "fifo-sells-the-newest",
        "accounts/portfolio/tax_lots.py",
        "            lot = self._held[0]\n",
        "            lot = self._held[-1]\n",
        ("tests/accounts/test_cost_methods.py",),
    ),
    Mutant(
        "deposit-is-a-return",
        "accounts/portfolio/performance.py",
        "values[index] - came[index]",
        "values[index]",
        ("tests/accounts/test_cost_methods.py",),
    ),
    Mutant(
        "inverse-market-taken-forward",
        "accounts/portfolio/cross_rates.py",
        "        return 1 / forward if self.is_inverse else forward\n",
        "        return forward\n",
        ("tests/accounts/test_cross_rates.py",),
    ),
    Mutant(
        "tax-year-ends-a-moment-late",
        "accounts/portfolio/tax_year.py",
        "        if movement.time_ns >= self.end_ns:\n",
        "        if movement.time_ns > self.end_ns:\n",
        ("tests/accounts/test_tax_year.py",),
    ),
    Mutant(
        "formula-in-a-file",
        "web/rest/csv_files.py",
        '        return f"\'{value}" if _FORMULA.match(value) else value\n',
        "        return value\n",
        ("tests/web/rest/test_exports.py",),
    ),
    Mutant(
        "portfolio-outlives-a-restore",
        "accounts/portfolio/folding.py",
        "        and is_of_this_journal(accounts, kept.progress)\n",
        "",
        ("tests/accounts/test_portfolio.py::test_what_was_kept_does_not_outlive_a_restore",),
    ),
    Mutant(
        "own-transfer-is-a-deposit",
        "accounts/portfolio/movements.py",
        "    return transfers.exclude(counter_account__in=accounts)\n",
        "    return transfers\n",
        ("tests/web/rest/test_accounts.py::test_over_all_accounts_a_transfer_changes_nothing",),
    ),
    Mutant(
        "key-for-every-account-of-its-user",
        "accounts/identity/identities.py",
        "if self.key_id is not None and number != self.account:",
        "if False:",
        ("tests/web/rest/test_accounts.py::test_a_key_moves_money_out_of_its_own_account_alone",),
    ),
    Mutant(
        "owner-thaws-an-operators-freeze",
        "exchange/control/account_requests.py",
        "filter(pk=account.pk, frozen_by=FrozenBy.OWNER).update",
        "filter(pk=account.pk).update",
        ("tests/exchange/control/test_account_requests.py",),
    ),
    Mutant(
        "movement-at-the-start-counted",
        "accounts/portfolio/movements.py",
        "if movement.time_ns <= start_ns:",
        "if movement.time_ns < start_ns:",
        ("tests/accounts/test_movements.py",),
    ),
    Mutant(
        "a-day-too-many-in-the-tier",
        "accounts/fees/days.py",
        "day__gt=day - SPAN_DAYS * DAY",
        "day__gte=day - SPAN_DAYS * DAY",
        ("tests/web/rest/test_fees.py",),
    ),
    Mutant(
        "share-of-fees-rounded-up",
        "accounts/fees/referrals.py",
        "return max(0, fees_minor) * share_ppm // _PPM",
        "return -(-max(0, fees_minor) * share_ppm // _PPM)",
        ("tests/accounts/fees/test_referrals.py",),
    ),
    Mutant(
        "moves-marked-before-they-are-sent",
        "accounts/fees/job.py",
        "waiting = run.moves.filter(is_sent=False)",
        "waiting = run.moves.filter(is_sent=True)",
        ("tests/accounts/fees/test_job.py",),
    ),
    Mutant(
        "foreign-letters-taken",
        "exchange/wire/field_readers.py",
        "isinstance(value, str) and value.isascii() and value.lower() in choices:",
        "isinstance(value, str) and value.lower() in choices:",
        ("tests/exchange/wire/test_choices.py",),
    ),
)

MUTANTS: Final = (*ENGINE, *MONEY, *JOURNAL, *NODE, *LINKS, *FEEDS, *READS)
