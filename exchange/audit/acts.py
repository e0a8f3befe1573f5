"""The kinds of acts that the audit log knows, and what its readers call them in English and Korean."""

from __future__ import annotations

from typing import Final, NamedTuple


class Act(NamedTuple):
    """How a kind of act is named to people."""

    en: str
    ko: str


ACTS: Final[dict[str, Act]] = {
    # --- log-ins -------------------------------------------------------------------------------
    "log_in.succeeded": Act("logged in", "로그인"),
    "log_in.failed": Act("failed to log in", "로그인 실패"),
    "log_in.ended": Act("logged out", "로그아웃"),
    "log_in.revoked": Act("revoked log-ins by token", "토큰 로그인 취소"),
    "log_in.token_reused": Act("used a refresh token again", "리프레시 토큰 재사용"),
    "log_in.all_ended": Act("ended all log-ins", "모든 로그인 종료"),
    "log_in.session_ended": Act("ended a session", "세션 종료"),
    "log_in.others_ended": Act("ended all other sessions", "다른 모든 세션 종료"),
    "second_factor.set_up": Act("set up a second factor", "2단계 인증 설정"),
    "second_factor.removed": Act("removed a second factor", "2단계 인증 삭제"),
    "second_factor.renamed": Act("renamed a passkey", "패스키 이름 변경"),
    "second_factor.codes_renewed": Act("made new recovery codes", "복구 코드 재발급"),
    "second_factor.code_used": Act("used a recovery code", "복구 코드 사용"),
    "second_factor.guessed": Act("entered wrong codes several times", "인증 코드 여러 번 오입력"),
    "second_factor.reset": Act("reset a second factor", "2단계 인증 초기화"),
    # --- users and roles -----------------------------------------------------------------------
    "user.created": Act("created a user", "사용자 생성"),
    "user.changed": Act("changed a user", "사용자 변경"),
    "user.password_changed": Act("changed a password", "비밀번호 변경"),
    "user.reset_link_sent": Act("sent a link to reset a password", "비밀번호 재설정 링크 발송"),
    "user.earlier": Act("changed a user, before there was this log", "이 기록 이전의 사용자 변경"),
    "role.changed": Act("changed a role", "역할 변경"),
    "rate_tier.made": Act("made a rate tier", "요청 한도 등급 생성"),
    "rate_tier.changed": Act("changed a rate tier", "요청 한도 등급 변경"),
    "invitation.made": Act("made an invitation", "초대 코드 생성"),
    "invitation.changed": Act("changed an invitation", "초대 코드 변경"),
    "terms.published": Act("published terms of service", "이용약관 게시"),
    "terms.accepted": Act("accepted terms of service", "이용약관 동의"),
    "account.renamed": Act("renamed an account", "계정 이름 변경"),
    # --- keys ----------------------------------------------------------------------------------
    "key.made": Act("made a key", "키 생성"),
    "key.revoked": Act("revoked a key", "키 취소"),
    "key.all_revoked": Act("revoked all keys", "모든 키 취소"),
    "key.resealed": Act("sealed all keys anew", "모든 키 재봉인"),
    # --- money, markets, accounts: change requests ---------------------------------------------
    "change.requested": Act("requested a change", "변경 요청"),
    "change.approved": Act("approved a change", "변경 승인"),
    "change.declined": Act("declined a change", "변경 거절"),
    "change.expired": Act("a change waited too long", "변경 요청 만료"),
    "change.applied": Act("a change was applied", "변경 적용"),
    "change.refused": Act("a change was refused", "변경 거부"),
    # --- withdrawals ---------------------------------------------------------------------------
    "withdrawal.requested": Act("requested a withdrawal", "출금 요청"),
    "withdrawal.confirmed": Act("confirmed a withdrawal", "출금 확인"),
    "withdrawal.canceled": Act("canceled a withdrawal", "출금 취소"),
    "withdrawal.expired": Act("a withdrawal was not confirmed in time", "출금 확인 기한 만료"),
    "withdrawal.approved": Act("approved a withdrawal", "출금 승인"),
    "withdrawal.declined": Act("declined a withdrawal", "출금 거절"),
    "withdrawal.said_paid": Act("stated that a withdrawal was paid", "출금 지급 보고"),
    "withdrawal.said_failed": Act("stated that a withdrawal was not paid", "출금 미지급 보고"),
    "withdrawal.settled": Act("a withdrawal was settled", "출금 완료"),
    "withdrawal.released": Act("a withdrawal was given back", "출금 반환"),
    "withdrawal.level_set": Act("set a verification level", "인증 등급 변경"),
    "withdrawal.terms_set": Act("changed how an asset comes and goes", "입출금 조건 변경"),
    "deposit.ruling_asked": Act("asked what to do with a deposit", "입금 처리 요청"),
    "deposit.ruling_approved": Act("approved what to do with a deposit", "입금 처리 승인"),
    "deposit.ruling_declined": Act("declined what to do with a deposit", "입금 처리 거절"),
    "custody.counted": Act("counted what is kept by hand", "직접 보관분 실사"),
    "custody.explained": Act("explained a difference of custody", "보관 차이 설명"),
    "address.added": Act("added a withdrawal address", "출금 주소 등록"),
    "address.confirmed": Act("confirmed a withdrawal address", "출금 주소 확인"),
    "address.removed": Act("removed a withdrawal address", "출금 주소 삭제"),
    "address.lock_closed": Act("limited withdrawals to the address book", "주소록 출금 제한 설정"),
    "address.lock_lifted": Act("lifted the limit to the address book", "주소록 출금 제한 해제"),
    # --- the exchange itself -------------------------------------------------------------------
    "audit.exported": Act("exported the audit log", "감사 기록 내보내기"),
    "database.restored": Act("restored the database", "데이터베이스 복원"),
}
