"""A member of staff enrolled onto the blue list from one photograph, which is looked at and not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfr_kit.config import settings
from lfr_kit.errors import EnrolmentError
from lfr_kit.operations.blue_list import Member, enrol
from lfr_kit.records import Template
from lfr_kit.store.repository.deployments import deployment

if TYPE_CHECKING:
    from lfr_kit.governance.roles import Actor
    from lfr_kit.store.store import Store

__all__ = ["enrol_photo"]


def enrol_photo(
    store: Store, actor: Actor, deployment_id: str, pseudonym: str, photo: bytes, *, consent_ref: str
) -> Member:
    """As `enrol`, from the bytes of a picture file, with the network that the authority names.

    Raises
    ------
    EnrolmentError
        If nobody can be enrolled from the picture; the message says why.
    PermissionRefusedError, NotInStoreError, StateError, WatchlistError
        As `enrol`.
    ModelMissingError
        If the network's weights are not on this machine.
    """
    from lfr_kit.enrolment_batch import BatchEnroller, PictureFile

    with store.reading() as connection:
        authority = deployment(connection, store.vault.key(connection, "store"), deployment_id).authority
    enroller = BatchEnroller.from_settings(settings().choosing(embedder=authority.embedder))
    (found,) = enroller.enrol([PictureFile(pseudonym, photo)])
    if found.vector is None:
        raise EnrolmentError(f"blue list: {found.message or found.reason}", reason=found.reason)
    template = Template(vector=found.vector, space_id=enroller.embedder.space_id)
    return enrol(
        store,
        actor,
        deployment_id,
        pseudonym,
        consent_ref=consent_ref,
        template=template,
        quality=found.quality,
    )
