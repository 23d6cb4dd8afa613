"""The pages of the server itself: signing in and out, the password, the list of dashboards."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import Finish, HTTPError

from lfr_kit.errors import InputError, LfrError, SignInError
from lfr_kit.governance.roles import Action, Actor, may, role_in_words
from lfr_kit.operations import sessions, users
from lfr_kit.operations.deployments import listing
from lfr_kit.store.repository import users as rows
from lfr_kit.store.store import Store
from lfr_kit.ui.server.base import LfrHandler
from lfr_kit.ui.server.faults import fields_of
from lfr_kit.ui.server.offered import offered_to
from lfr_kit.ui.server.rendering import page, refused_page
from lfr_kit.ui.server.visitor import forget, remember

__all__ = ["IndexPage", "PasswordPage", "SignInPage", "SignOut", "display_name", "within"]

_MOST_WAITING = 32
"""Sign-ins that wait for a thread; more are turned away."""
_LONGEST_PASSWORD = 1024


def within(base_url: str, target: str) -> str:
    """Where to go after signing in: a place below `base_url`, and no other.

    >>> within("/", "/voila/render/live.ipynb?deployment=D-1"), within("/", "//elsewhere.example")
    ('/voila/render/live.ipynb?deployment=D-1', '/')
    """
    is_ours = target.startswith(base_url) and not target.startswith("//")
    is_plain = target.isprintable() and "\\" not in target and target.isascii()
    return target if is_ours and is_plain else base_url


def display_name(store: Store, user_id: str) -> str:
    """The name somebody is shown under, to themselves; their login name if there is none."""
    with store.reading() as connection:
        key = store.vault.key(connection, "store")
        return rows.user(connection, key, user_id).name(key) or user_id


class _Page(LfrHandler):
    """HTML; whoever is not signed in is sent to sign in."""

    @property
    def root(self) -> str:
        """Where the pages and the API are."""
        return f"{self.base_url}lfr/"

    def show(self, template: str, /, **values: Any) -> None:
        """Renders a template."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page(template, self.base_url, xsrf=self.xsrf_token.decode(), **values))

    def check_signed_in(self) -> None:
        """Sends a page's visitor to sign in; refuses anything else."""
        if self.visitor is not None and not self.visitor.must_change_password:
            return
        if self.request.method != "GET":
            raise SignInError("you are not signed in, or no longer; sign in again")
        if self.visitor is not None:
            self.redirect(f"{self.root}password")
        else:
            self.redirect(f"{self.root}sign-in?{urlencode({'next': self.request.uri or ''})}")
        raise Finish

    def field(self, name: str) -> str:
        """Of a form. InputError if it is missing or endless."""
        found = self.get_body_argument(name, "", strip=False)
        if len(found) > _LONGEST_PASSWORD:
            raise InputError(f"{name}: is too long")
        return found

    async def leave(self) -> None:
        """Ends the session of whoever was signed in until now, and what it has open."""
        if self.visitor is not None:
            await self.work(sessions.sign_out, self.state.store, self.visitor.token)
            self.state.uploads.forget(self.visitor.session)
            self.state.end_session(self.visitor.session)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A page that says what is wrong."""
        error = (kwargs.get("exc_info") or (None, None, None))[1] or HTTPError(status_code)
        fault = fields_of(error, status_code)["message"]
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(refused_page(self.base_url, status_code, fault))


class SignInPage(_Page):
    """Name and password."""

    is_open = True

    @allow_unauthenticated
    def get(self) -> None:
        """The form; whoever is signed in already goes on."""
        target = within(self.base_url, self.get_query_argument("next", self.base_url))
        if self.visitor is not None:
            self.redirect(f"{self.root}password" if self.visitor.must_change_password else target)
            return
        told = "You are signed out." if self.get_query_argument("out", "") else ""
        self._form(next=target, told=told)

    @allow_unauthenticated
    async def post(self) -> None:
        """Signs in, with the store's own lock after repeated failures."""
        user, target = self.field("user").strip(), within(self.base_url, self.field("next"))
        if self.state.sign_in_pool._work_queue.qsize() > _MOST_WAITING:
            raise HTTPError(503, "too many people sign in at this moment; try again in a minute")
        try:
            signing = self.state.sign_in_pool.submit(
                sessions.sign_in, self.state.store, user, self.field("password")
            )
            done = await asyncio.wrap_future(signing)
        except SignInError as error:
            self.set_status(401)
            self._form(next=target, user=user, fault=_in_a_browser(error))
            return
        await self.leave()
        remember(self, done.token)
        self.give_page_token(done.token)
        self.redirect(f"{self.root}password" if done.must_change_password else target)

    def _form(self, **values: str) -> None:
        self.show("sign-in", **{"user": "", "fault": "", "told": "", **values})


class SignOut(_Page):
    """Ends the session, here and for whoever copied its cookie."""

    is_open = True

    @allow_unauthenticated
    async def post(self) -> None:
        """Signs out; also whoever must still choose a password. ``next`` is where whoever signs in then goes."""
        target = within(self.base_url, self.field("next"))
        forget(self)
        await self.leave()
        self.redirect(f"{self.root}sign-in?{urlencode({'out': 1, 'next': target})}", status=303)


class PasswordPage(_Page):
    """One's own password; the first thing for whoever was given one."""

    def check_signed_in(self) -> None:
        """Also whoever must change it."""
        if self.visitor is None:
            super().check_signed_in()

    @allow_unauthenticated
    def get(self) -> None:
        """The form."""
        self._form("")

    @allow_unauthenticated
    async def post(self) -> None:
        """Changes it: all sessions end, and this browser gets a new one."""
        assert self.visitor is not None
        user, new = self.visitor.user_id, self.field("new")
        try:
            if new != self.field("again"):
                raise InputError("the two new passwords differ")
            changing = self.state.sign_in_pool.submit(self._changed, user, self.field("old"), new)
            token = await asyncio.wrap_future(changing)
        except (SignInError, InputError) as error:
            self.set_status(400 if isinstance(error, InputError) else 401)
            self._form(_in_a_browser(error))
            return
        self.state.end_session(self.visitor.session)
        remember(self, token)
        self.give_page_token(token)
        self.redirect(self.base_url)

    def _changed(self, user: str, old: str, new: str) -> str:
        users.change_own_password(self.state.store, user, old, new)
        return sessions.new_session(self.state.store, user)

    def _form(self, fault: str) -> None:
        assert self.visitor is not None
        self.show("password", user=self.visitor.user_id, must=self.visitor.must_change_password, fault=fault)


class IndexPage(_Page):
    """What the visitor's roles open."""

    async def get(self) -> None:
        """Dashboards and deployments."""
        name, deployments = await self.work(self._looked_up, self.actor)
        self.show(
            "index",
            user=self.actor.user_id,
            name=name,
            roles=[role_in_words(role) for role in sorted(self.actor.roles)],
            dashboards=offered_to(self.actor),
            deployments=deployments,
        )

    def _looked_up(self, actor: Actor) -> tuple[str, list[dict[str, str]] | None]:
        store = self.state.store
        name = display_name(store, actor.user_id)
        if not may(actor, Action.DEPLOYMENT_VIEW):
            return name, None
        found = sorted(listing(store, actor), key=lambda each: each.starts_at, reverse=True)
        return name, [
            {
                "deployment_id": each.deployment_id,
                "place": each.authority.place,
                "state": str(each.state),
                "starts_at": f"{each.starts_at:%Y-%m-%d %H:%M}",
                "ends_at": f"{each.ends_at:%Y-%m-%d %H:%M}",
            }
            for each in found
        ]


def _in_a_browser(error: LfrError) -> str:
    """A message without the command of the terminal."""
    return str(error).partition("; try again")[0] if isinstance(error, SignInError) else str(error)
