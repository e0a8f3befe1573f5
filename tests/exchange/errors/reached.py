"""For every code of the table a test in which the answer to a request carries it.

``tests/plugins/codes_reached.py`` watches these tests while they run. Of a parametrised test that is named
without a case, those cases count that have the code in their name.
"""

from __future__ import annotations

from typing import Final

#: File -> code -> test.
_BY_FILE: Final[dict[str, dict[str, str]]] = {
    "tests/accounts/fees/test_referrals.py": {
        "REFERRAL_REFUSED": "test_over_the_api",
    },
    "tests/accounts/registration/test_sign_up.py": {
        "INVALID_INVITATION": "test_an_invitation_counts_who_joins",
        "INVALID_LINK": "test_a_link_ends",
        "SIGN_UP_CLOSED": "test_closed_is_closed",
        "USERNAME_TAKEN": "test_a_name_that_is_there_in_other_letters_is_taken",
        "WEAK_PASSWORD": "test_a_weak_password_is_told_why",
    },
    "tests/accounts/test_identity.py": {
        "INVALID_TOKEN": "test_a_token_that_does_not_say_which_password_is_refused",
        "PERMISSION_DENIED": "test_who_is_no_trader_any_more_reads_and_changes_nothing",
    },
    "tests/accounts/test_open_log_ins.py": {
        "SESSION_NOT_FOUND": "test_a_revoked_session_is_out",
    },
    "tests/accounts/test_passkeys.py": {
        "FACTOR_NOT_FOUND": "test_a_passkey_from_its_making_to_its_end",
        "INVALID_PASSKEY": "test_a_passkey_is_made_by_the_log_in_that_asked",
        "LAST_FACTOR": "test_staff_may_log_in_by_passkey_to_the_operator_pages",
        "TOO_MANY_PASSKEYS": "test_a_user_has_ten_at_most",
    },
    "tests/accounts/test_second_factor.py": {
        "FACTOR_IN_USE": "test_of_two_that_set_it_up_one_has_it",
        "MFA_REQUIRED": "test_a_token_before_it_is_set_up",
    },
    "tests/accounts/test_terms.py": {
        "TERMS_NOT_ACCEPTED": "test_they_are_accepted_over_rest",
    },
    "tests/accounts/test_tokens.py": {
        "INVALID_CREDENTIALS": "test_half_a_surrogate_pair_is_no_user_name",
    },
    "tests/custody/addresses/test_address_book.py": {
        "ADDRESS_EXISTS": "test_tags_where_the_asset_has_them",
        "ADDRESS_NOT_USABLE": "test_from_the_letter_to_the_first_withdrawal",
        "BOOK_ONLY": "test_with_the_lock_a_usable_entry_will_do",
        "TOO_MANY_ADDRESSES": "test_the_book_has_an_end",
    },
    "tests/custody/deposits/test_deposits.py": {
        "ASSET_NOT_FOUND": "test_the_manual_provider_has_none_and_closed_assets_say_so",
        "PROVIDER_UNAVAILABLE": "test_a_provider_that_is_away_says_when_to_try_again",
    },
    "tests/custody/notices/test_receiving.py": {
        "INTERNAL": "test_without_its_secret_nothing_is_believed",
        "NOT_FOUND": "test_only_webhook_providers_have_a_way_in",
    },
    "tests/custody/withdrawals/test_answering.py": {
        "WITHDRAWAL_STATE": "test_called_back_it_is_over_at_once",
    },
    "tests/custody/withdrawals/test_asking.py": {
        "ACCOUNT_FROZEN": "test_a_frozen_account_sends_nothing",
        "ADDRESS_NOT_FOUND": "test_an_entry_of_another_user_is_none",
        "DUPLICATE_ID": "test_the_same_id_is_the_same_withdrawal",
        "EMAIL_REQUIRED": "test_where_letters_are_always_sent_a_user_has_an_address",
        "INVALID_ADDRESS": "test_what_is_refused_is_not_saved",
        "INVALID_CURSOR": "test_pages_and_filters",
        "SCOPE_REQUIRED": "test_a_key_needs_the_scope_and_asks_for_no_letter_but_sends_a_notice",
        "STEP_UP_REQUIRED": "test_a_log_in_proves_that_it_is_the_user",
        "TOO_MANY_WITHDRAWALS": "test_as_many_are_open_as_the_engine_holds",
        "WITHDRAWALS_CLOSED": "test_an_asset_that_is_closed_does_not_leave",
        "WITHDRAWAL_ID_IN_USE": "test_an_id_that_the_engine_holds_already_is_refused",
        "WITHDRAWAL_LIMIT": "test_what_was_given_back_counts_no_more",
        "WITHDRAWAL_NOT_FOUND": "test_anothers_looks_as_if_it_were_not_there",
        "WITHDRAWAL_TOO_SMALL": "test_what_is_refused_is_not_saved",
    },
    "tests/exchange/control/test_request_refusals.py": {
        "BATCH_TOO_LARGE": "test_an_error_brings_the_details_it_documents",
        "INSUFFICIENT_BALANCE": "test_an_error_brings_the_details_it_documents",
        "MISSING_FIELD": "test_an_error_brings_the_details_it_documents",
        "PRICE_OFF_TICK": "test_an_error_brings_the_details_it_documents",
        "SYMBOL_NOT_FOUND": "test_an_error_brings_the_details_it_documents",
        "UNKNOWN_FIELD": "test_an_error_brings_the_details_it_documents",
    },
    "tests/exchange/orders/test_lanes.py": {
        "ABOVE_MAX_NOTIONAL": "test_every_lane_refuses_the_same[largest value]",
        "BELOW_MIN_NOTIONAL": "test_every_lane_answers_the_same",
        "CLIENT_ORDER_ID_IN_USE": "test_every_lane_answers_the_same",
        "DISPLAY_TOO_SMALL": "test_every_lane_answers_the_same",
        "INVALID_AMOUNT": "test_every_lane_answers_the_same",
        "INVALID_CANCEL_AFTER": "test_every_lane_answers_the_same",
        "INVALID_EXPIRY": "test_every_lane_answers_the_same",
        "INVALID_ORDER": "test_every_lane_answers_the_same",
        "INVALID_PROTECTION": "test_every_lane_answers_the_same",
        "INVALID_REPLACE": "test_every_lane_answers_the_same",
        "NO_REFERENCE_PRICE": "test_every_lane_answers_the_same",
        "OPENING_OVER": "test_every_lane_refuses_the_same[trading]",
        "PRICE_OUT_OF_BAND": "test_every_lane_refuses_the_same[price band]",
        "PRICE_OUT_OF_BOUNDS": "test_every_lane_answers_the_same",
        "QUANTITY_OFF_LOT": "test_every_lane_answers_the_same",
        "SYMBOL_CLOSED": "test_every_lane_refuses_the_same[closed]",
        "SYMBOL_IN_AUCTION": "test_every_lane_refuses_the_same[auction]",
        "SYMBOL_POST_ONLY": "test_every_lane_refuses_the_same[post only]",
        "TOO_MANY_OPEN_ORDERS": "test_every_lane_refuses_the_same[one open order]",
        "TRIGGER_WOULD_FIRE": "test_every_lane_refuses_the_same[a last price]",
    },
    "tests/web/console/test_custody_pages.py": {
        "REQUEST_NOT_WAITING": "test_what_waits_for_a_decision_is_not_ruled_on_again",
    },
    "tests/web/console/test_operator_codes.py": {
        "HALT_ENDS_BY_AUCTION": "test_what_the_engine_refuses_is_said_on_the_page",
        "INVALID_FEES": "test_what_the_engine_refuses_is_said_on_the_page",
        "INVALID_FEE_PLAN": "test_what_the_engine_refuses_is_said_on_the_page",
        "INVALID_SYMBOL": "test_what_the_engine_refuses_is_said_on_the_page",
        "REQUEST_OUTDATED": "test_what_was_changed_meanwhile_is_not_approved",
        "SCALE_FIXED": "test_what_the_engine_refuses_is_said_on_the_page",
    },
    "tests/web/console/test_own_account.py": {
        "OWN_ACCOUNT": "test_the_page_refuses_it[deposit]",
    },
    "tests/web/console/test_withdrawal_pages.py": {
        "ALREADY_APPROVED": "test_through_four_eyes_to_the_payment",
    },
    "tests/web/rest/test_access.py": {
        "CSRF_FAILED": "test_a_session_needs_the_csrf_token_to_trade",
        "NOT_AUTHENTICATED": "test_everything_private_asks_who_is_there",
        "NO_ACCOUNT": "test_an_operator_has_no_account_to_trade_with",
    },
    "tests/web/rest/test_accounts.py": {
        "ACCOUNT_NAME_TAKEN": "test_a_new_name_is_the_account_s_only_one",
        "ACCOUNT_NOT_FOUND": "test_a_new_name_is_the_account_s_only_one",
        "FROZEN_BY_OPERATOR": "test_the_owner_freezes_and_thaws_and_an_operator_s_freeze_stays",
        "TOO_MANY_ACCOUNTS": "test_there_are_as_many_as_the_setting_says",
    },
    "tests/web/rest/test_bad_input.py": {
        "INVALID_NUMBER": "test_what_is_wrong_in_shape_never_reaches_the_engine",
        "POST_ONLY_WOULD_TAKE": "test_a_post_only_order_that_would_take_is_refused",
        "QUANTITY_OUT_OF_BOUNDS": "test_the_details_tell_how_to_do_it_right",
        "SYMBOL_CANCEL_ONLY": "test_a_cancel_only_symbol_lets_orders_out",
        "SYMBOL_HALTED": "test_a_halted_symbol_refuses_orders_and_lets_them_out",
    },
    "tests/web/rest/test_bodylimit.py": {
        "BODY_TOO_LARGE": "test_a_body_that_says_it_is_too_large_is_not_read",
    },
    "tests/web/rest/test_codes_of_trouble.py": {
        "ENGINE_BUSY": "test_a_full_engine_takes_no_more",
        "LOGIN_BUSY": "test_log_ins_queue_up_and_the_next_is_sent_away",
        "OUTCOME_UNKNOWN": "test_an_engine_that_hangs_leaves_the_outcome_open",
        "PUBLICATION_NOT_FOUND": "test_there_is_no_proof_of_what_was_not_published",
        "QUOTES_PROTECTED": "test_quotes_that_were_protected_stay_away",
        "SAME_ACCOUNT": "test_a_transfer_goes_to_another_account",
        "USERNAME_NOT_ALLOWED": "test_a_name_of_two_scripts_is_not_allowed",
    },
    "tests/web/rest/test_cors.py": {
        "RATE_LIMITED": "test_a_preflight_counts_as_a_public_read",
    },
    "tests/web/rest/test_demo_deposit.py": {
        "DEMO_ONLY": "test_not_outside_a_demo",
    },
    "tests/web/rest/test_failures.py": {
        "BAD_REQUEST": "test_a_foreign_host_is_a_bad_request",
        "ENGINE_UNAVAILABLE": "test_an_engine_that_is_gone_is_503_and_nothing_happened",
        "INVALID_JSON": "test_what_a_client_gets_wrong_leaves_no_line_in_the_log",
        "METHOD_NOT_ALLOWED": "test_methods_types_and_addresses",
        "NOT_ACCEPTABLE": "test_methods_types_and_addresses",
        "UNSUPPORTED_MEDIA_TYPE": "test_methods_types_and_addresses",
    },
    "tests/web/rest/test_keys.py": {
        "ADDRESS_NOT_ALLOWED": "test_addresses",
        "INVALID_KEY": "test_a_key_never_has_more_than_its_users_role",
        "INVALID_SIGNATURE": "test_the_lane_takes_a_known_key_and_leaves_others",
        "KEY_EXPIRED": "test_expiry",
        "KEY_NOT_FOUND": "test_a_key_is_made_shown_once_listed_and_revoked",
        "ORDER_NOT_FOUND": "test_the_rate_of_a_key_is_its_own",
        "REPLAYED_REQUEST": "test_the_lane_takes_a_known_key_and_leaves_others",
        "TIMESTAMP_OUT_OF_WINDOW": "test_a_signature_is_for_one_request",
        "TOO_MANY_KEYS": "test_a_user_has_twenty_keys_at_most",
    },
    "tests/web/rest/test_orders.py": {
        "INVALID_REDUCE": "test_reduce_keeps_the_order",
        "ORDER_NOT_OPEN": "test_a_second_cancel_says_the_order_is_not_open",
    },
    "tests/web/rest/test_outages.py": {
        "DATABASE_BUSY": "test_without_a_connection_to_spare",
        "DATABASE_UNAVAILABLE": "test_without_a_database_log_in_and_orders",
        "RATE_LIMIT_UNAVAILABLE": "test_without_redis_a_quarter_of_the_log_ins_gets_through",
        "VENUE_CANCEL_ONLY": "test_without_room_on_disk_orders_wait_and_cancels_do_not",
    },
    "tests/web/rest/test_read_lane.py": {
        "INTERVAL_NOT_FOUND": "test_plain_requests",
    },
    "tests/web/rest/test_repeated_parameters.py": {
        "INVALID_FIELD": "test_in_the_fast_lane",
    },
    "tests/web/rest/test_texts.py": {
        "INVALID_TEXT": "test_what_cannot_be_seen_is_not_taken",
    },
    "tests/web/stream/test_limits.py": {
        "CHANNEL_NOT_FOUND": "test_what_is_not_there_is_said",
        "TOO_MANY_CONNECTIONS": "test_connections_of_an_account_are_limited",
        "TOO_MANY_SUBSCRIPTIONS": "test_subscriptions_are_limited",
        "UNKNOWN_OP": "test_what_is_not_there_is_said",
    },
}

#: Code -> test, as pytest names it.
REACHED: Final[dict[str, str]] = {
    code: f"{path}::{test}" for path, tests in _BY_FILE.items() for code, test in tests.items()
}

#: Codes that no request can reach today, and why there are such codes. ``test_guards.py`` reaches each one
#: where it is raised.
GUARDS: Final[dict[str, str]] = {
    "INVALID_ASSET": "the form and the shape of a change request are narrower than the engine",
    "INVALID_STATUS": "the form and the shape of a change request are narrower than the engine",
    "INVALID_GROUP": "the form and the shape of a change request are narrower than the engine",
    "INVALID_RULES": "only the engine's process itself asks for other rules; the core checks that too",
    "INVALID_COMMAND": "a core under older rules refuses later commands; journals of that time are replayed",
    "OWN_REQUEST": "the page is not shown to who asked; the service refuses for every surface",
}
