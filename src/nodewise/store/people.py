"""Who may sign in, who is signed in, and who tried in vain."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sql

from nodewise.errors import StoreError
from nodewise.store.audit import Trail
from nodewise.store.reading_schema import ATTEMPTS, LOGINS, USERS


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody signed in."""

    name: str
    role: str
    csrf: str


class People:
    """Users of one study and their sessions on the server. Passwords come here as hashes only."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    def add(self, name: str, role: str, *, password: str, by: str) -> None:
        """Add a user; a name is given once."""
        if any(user["name"] == name for user in self.all()):
            raise StoreError(f"there is a user '{name}' already; choose another name")
        row = {"name": name, "role": role, "password": password, "added_at": self._trail.moment()}
        with self._trail.change(by, "user added", subject=name, details={"role": role}) as change:
            change.execute(sql.insert(USERS), row)

    def change_password(self, name: str, password: str, *, by: str) -> None:
        """Store another password's hash and end the user's sessions."""
        if self.password(name) is None:
            raise StoreError(f"there is no user '{name}'")
        with self._trail.change(by, "password changed", subject=name, details={}) as change:
            change.execute(sql.update(USERS).where(USERS.c.name == name).values(password=password))
            change.execute(sql.delete(LOGINS).where(LOGINS.c.name == name))

    def all(self) -> list[dict[str, Any]]:
        """Every user with the role."""
        return self._trail.rows(sql.select(USERS).order_by(USERS.c.name))

    def password(self, name: str) -> str | None:
        """The stored hash of a user's password."""
        return next((user["password"] for user in self.all() if user["name"] == name), None)

    def begin(self, token: str, name: str, *, csrf: str) -> None:
        """Keep a session; the token comes hashed."""
        at = self._trail.moment()
        row = {"token": token, "name": name, "csrf": csrf, "began_at": at, "seen_at": at}
        with self._trail.change(name, "signed in", subject=name, details={}) as change:
            change.execute(sql.insert(LOGINS), row)

    def end(self, token: str, name: str) -> None:
        """Forget a session."""
        with self._trail.change(name, "signed out", subject=name, details={}) as change:
            change.execute(sql.delete(LOGINS).where(LOGINS.c.token == token))

    def login(self, token: str, *, idle: timedelta, absolute: timedelta) -> Login | None:
        """Whose session this is, unless it has ended; keeps it alive."""
        query = (
            sql.select(LOGINS, USERS.c.role)
            .join(USERS, USERS.c.name == LOGINS.c.name)
            .where(LOGINS.c.token == token)
        )
        found = self._trail.rows(query)
        time = self._trail.clock()
        if (
            not found
            or found[0]["began_at"] < (time - absolute).isoformat(timespec="milliseconds")
            or found[0]["seen_at"] < (time - idle).isoformat(timespec="milliseconds")
        ):
            return None
        if found[0]["seen_at"] < (time - idle / 30).isoformat(timespec="milliseconds"):
            seen = sql.update(LOGINS).where(LOGINS.c.token == token)
            with self._trail.quiet() as connection:
                connection.execute(seen.values(seen_at=self._trail.moment()))
        return Login(found[0]["name"], found[0]["role"], found[0]["csrf"])

    def failed(self, name: str, address: str) -> None:
        """Count an attempt in vain."""
        row = {"name": name[:200], "address": address, "at": self._trail.moment()}
        with self._trail.quiet() as connection:
            connection.execute(sql.insert(ATTEMPTS), row)

    def failures(self, name: str, address: str, *, within: timedelta) -> tuple[int, int]:
        """Attempts in vain within a time: under this name, and from this address."""
        since = (self._trail.clock() - within).isoformat(timespec="milliseconds")
        rows = self._trail.rows(sql.select(ATTEMPTS).where(ATTEMPTS.c.at >= since))
        return (
            sum(row["name"] == name[:200] for row in rows),
            sum(row["address"] == address for row in rows),
        )
