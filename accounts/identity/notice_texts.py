"""What notices of acts of security say: of each kind a sentence, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Texts(NamedTuple):
    """One sentence in both languages."""

    en: str
    ko: str

    def of(self, language: str) -> str:
        return self.ko if language == "ko" else self.en


KEY_CREATED: Final = "key_created"
KEY_REVOKED: Final = "key_revoked"
PASSWORD_CHANGED: Final = "password_changed"
EMAIL_CHANGED: Final = "email_changed"
APP_ADDED: Final = "totp_added"
APP_REMOVED: Final = "totp_removed"
PASSKEY_ADDED: Final = "passkey_added"
PASSKEY_REMOVED: Final = "passkey_removed"
CODES_RENEWED: Final = "recovery_codes_renewed"
CODE_USED: Final = "recovery_code_used"
FACTOR_RESET: Final = "second_factor_reset"
GUESSED: Final = "second_factor_guessed"
NEW_PLACE: Final = "new_place"
SESSION_ENDED: Final = "session_revoked"
OTHERS_ENDED: Final = "others_revoked"
ADDRESS_ADDED: Final = "address_added"
ADDRESS_REMOVED: Final = "address_removed"
BOOK_LOCKED: Final = "book_locked"
BOOK_UNLOCKED: Final = "book_unlocked"

#: Every kind of act, in the order of the page's texts.
KINDS: Final[Mapping[str, Texts]] = {
    KEY_CREATED: Texts("An API key was made.", "API 키를 만들었습니다."),
    KEY_REVOKED: Texts("An API key was revoked.", "API 키를 폐기했습니다."),
    PASSWORD_CHANGED: Texts("The password was changed.", "비밀번호를 변경했습니다."),
    EMAIL_CHANGED: Texts("The email address was changed.", "이메일 주소를 변경했습니다."),
    APP_ADDED: Texts("An authenticator app was added.", "인증 앱을 등록했습니다."),
    APP_REMOVED: Texts("The authenticator app was removed.", "인증 앱을 삭제했습니다."),
    PASSKEY_ADDED: Texts("A passkey was added.", "패스키를 등록했습니다."),
    PASSKEY_REMOVED: Texts("A passkey was removed.", "패스키를 삭제했습니다."),
    CODES_RENEWED: Texts("New recovery codes were made.", "복구 코드를 새로 발급했습니다."),
    CODE_USED: Texts("A recovery code was used.", "복구 코드를 사용했습니다."),
    FACTOR_RESET: Texts("An operator reset the second factor.", "운영자가 2단계 인증을 초기화했습니다."),
    GUESSED: Texts(
        "Wrong codes of the second factor were entered several times.",
        "2단계 인증 코드가 여러 번 잘못 입력되었습니다.",
    ),
    NEW_PLACE: Texts(
        "There was a log-in from a new device or network.", "새 기기 또는 네트워크에서 로그인했습니다."
    ),
    SESSION_ENDED: Texts("A session was ended.", "세션을 종료했습니다."),
    OTHERS_ENDED: Texts("All other sessions were ended.", "다른 모든 세션을 종료했습니다."),
    ADDRESS_ADDED: Texts("A withdrawal address was added.", "출금 주소를 등록했습니다."),
    ADDRESS_REMOVED: Texts("A withdrawal address was removed.", "출금 주소를 삭제했습니다."),
    BOOK_LOCKED: Texts(
        "Withdrawals were limited to the address book.", "출금을 주소록의 주소로 제한했습니다."
    ),
    BOOK_UNLOCKED: Texts(
        "The limit of withdrawals to the address book will be lifted.",
        "주소록으로 제한한 출금이 곧 해제됩니다.",
    ),
}

#: What the facts of an act are called. Others are kept for the page, and no mail has them.
FACTS: Final[Mapping[str, Texts]] = {
    "label": Texts("Name", "이름"),
    "key_id": Texts("Key", "키"),
    "reason": Texts("Reason", "사유"),
    "left": Texts("Recovery codes left", "남은 복구 코드"),
    "email": Texts("New address", "새 주소"),
    "asset": Texts("Asset", "자산"),
    "address": Texts("Withdrawal address", "출금 주소"),
    "network": Texts("Network", "네트워크"),
    "agent": Texts("Device", "기기"),
}

GREETING: Final = Texts("Hello {name},", "{name} 님, 안녕하세요.")
AT: Final = Texts("Time", "시각")
NOT_YOU: Final = Texts(
    "If this was not you, change your password and end all other sessions on the Security page at once.",
    "본인이 아니라면 지금 바로 비밀번호를 변경하고 보안 페이지에서 다른 세션을 모두 종료해 주세요.",
)


def mail_of(kind: str, name: str, at_text: str, facts: Mapping[str, str], language: str) -> tuple[str, str]:
    """Subject and text of the mail about an act."""
    sentence = KINDS[kind].of(language)
    lines = [f"{AT.of(language)}: {at_text} UTC"]
    lines += [f"{FACTS[fact].of(language)}: {text}" for fact, text in facts.items() if fact in FACTS and text]
    parts = (GREETING.of(language).format(name=name), sentence, "\n".join(lines), NOT_YOU.of(language))
    return f"xTrader: {sentence.rstrip('.')}", "\n\n".join(parts) + "\n"
