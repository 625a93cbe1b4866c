"""This file has the tables of accounts and sign-in; secrets stand in them only hashed or sealed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

METADATA = MetaData()


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True))


def _made(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp())


def _account() -> Column[object]:
    target = ForeignKey("aroeira_account.id", ondelete="CASCADE")
    return Column("account", BigInteger, target, nullable=False, index=True)


# login: folded, what is typed to sign in; the record of the entity with `operators:` that has it is theirs.
# totp_step: the newest step whose code was taken, so that none is taken twice.
ACCOUNT = Table(
    "aroeira_account", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text, unique=True),
    Column("is_active", Boolean, nullable=False, server_default="true"),
    Column("is_demo", Boolean, nullable=False, server_default="false"),
    Column("password_hash", Text),
    Column("must_change_password", Boolean, nullable=False, server_default="false"),
    Column("totp_secret", LargeBinary),
    Column("totp_is_on", Boolean, nullable=False, server_default="false"),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    Column("made_by", Text, nullable=False),
    _made("made_at"),
)  # fmt: skip
ROLE = Table(
    "aroeira_account_role", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    _account(),
    Column("role", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("given_by", Text, nullable=False),
    _made("given_at"),
)  # fmt: skip
IDENTITY = Table(
    "aroeira_account_identity", METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    _account(),
    _made("linked_at"),
    UniqueConstraint("issuer", "account"),
)  # fmt: skip
RECOVERY = Table(
    "aroeira_recovery_code", METADATA,
    Column("code_hash", LargeBinary, primary_key=True),
    _account(),
    _moment("used_at"),
)  # fmt: skip
# waits_for_code: the password was right, the second factor is still to come; opens nothing.
SESSION = Table(
    "aroeira_session", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    _account(),
    Column("waits_for_code", Boolean, nullable=False, server_default="false"),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    _moment("ended_at"),
)  # fmt: skip
# As whom the owner of a session sees the screens for a while.
SESSION_VIEW = Table(
    "aroeira_session_view", METADATA,
    Column("session", BigInteger, ForeignKey("aroeira_session.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
)  # fmt: skip
# What somebody chose to work for (kernel.access.working): in a session, and lately, for the next one.
SESSION_WORK = Table(
    "aroeira_session_work", METADATA,
    Column("session", ForeignKey("aroeira_session.id", ondelete="CASCADE"), primary_key=True),
    Column("chosen", JSONB, nullable=False),
)  # fmt: skip
ACCOUNT_WORK = Table(
    "aroeira_account_work", METADATA,
    Column("account", ForeignKey("aroeira_account.id", ondelete="CASCADE"), primary_key=True),
    Column("chosen", JSONB, nullable=False),
)  # fmt: skip
# A browser in which an account signed in before: strangers' failures do not keep it out.
DEVICE = Table(
    "aroeira_device", METADATA,
    Column("token_hash", LargeBinary, primary_key=True),
    _account(),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    _moment("trusted_until"),
)  # fmt: skip
TOKEN = Table(
    "aroeira_api_token", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    _account(),
    Column("name", Text, nullable=False),
    Column("may_write", Boolean, nullable=False),
    Column("entities", ARRAY(Text)),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    _moment("used_at"),
    _moment("revoked_at"),
)  # fmt: skip
LOCKOUT = Table(
    "aroeira_lockout", METADATA,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False, index=True),
    _moment("until"),
    Column("refused", BigInteger, nullable=False, server_default="0"),
)  # fmt: skip
# What the site says of roles, over what packages say. An edit is never changed; its lines end with a later
# one.  place: in the document of the role, as metadata.grants has it.  value: none where nothing stands any
# more.  replaced: what the package said there.
ROLE_EDIT = Table(
    "aroeira_role_edit", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("role", Text, nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)  # fmt: skip
ROLE_CHANGE = Table(
    "aroeira_role_change", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("role", Text, nullable=False),
    Column("place", ARRAY(Text), nullable=False),
    Column("value", JSONB(none_as_null=True)),
    Column("replaced", JSONB(none_as_null=True)),
    Column("made_in", BigInteger, ForeignKey("aroeira_role_edit.id"), nullable=False),
    Column("ended_in", BigInteger, ForeignKey("aroeira_role_edit.id")),
    Index(
        "aroeira_role_change_in_force", "role", "place", unique=True,
        postgresql_where=text("ended_in IS NULL"),
    ),
)  # fmt: skip
# login: only of an account that exists: people type their password into the wrong field.  detail: which role
# was given, as whom somebody saw.
EVENT = Table(
    "aroeira_sign_in_event", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("login", Text, nullable=False),
    Column("account", BigInteger),
    Column("address", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Index("aroeira_sign_in_event_at", "at"),
    Index("aroeira_sign_in_event_account", "account", "at"),
)  # fmt: skip
