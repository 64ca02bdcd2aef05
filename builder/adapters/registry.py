"""Pushes an image of the layout to a registry, byte for byte, by the OCI distribution specification 1.1.

An own client and not `docker push`: the engine would pack layers of its classic store anew, and the digest in the lock
would be another than the registry's. Nor oras: it would bring its own reading of ~/.docker and a second set of retries.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from builder.core.images.oci import MANIFEST_TYPE
from builder.errors import BuildError

if TYPE_CHECKING:
    from builder.adapters.layout import Layout
    from builder.core.config.settings import Secret
    from builder.core.images.oci import Blob, StoredImage

# Seconds to connect, and between two bytes.
TIMEOUT = (10, 120)
# An interrupted answer or a busy registry; an upload's own body is never sent twice without asking for a new place.
RETRIES = Retry(total=4, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504), allowed_methods=("GET", "HEAD"))

# By status or by the specification's code.
_HINTS = (
    ("NAME_UNKNOWN", "the repository does not exist there: `builder push` creates it in ECR alone"),
    ("401", "the credentials are ECR's: does IMAGE_REGISTRY lead to this account's ECR?"),
    ("403", "the identity needs ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage"),
)


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What ECR's GetAuthorizationToken gives: a user, always AWS, and a password for twelve hours."""

    user: str
    password: Secret


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """`uploaded` in bytes; 0 where the registry had everything."""

    digest: str
    media_type: str
    uploaded: int


@dataclass(frozen=True, kw_only=True)
class Repository:
    """`host[:port]/name`. A registry on this machine is spoken to in plain HTTP, as Docker does; all others by TLS."""

    address: str
    credentials: Credentials | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=RETRIES))

    @property
    def url(self) -> str:
        host, _, name = self.address.partition("/")
        return f"{'http' if is_local(host) else 'https'}://{host}/v2/{name}"

    def digest(self, reference: str) -> tuple[str, str] | None:
        """Digest and media type of what the registry has under a tag or digest; None if nothing."""
        answer = self._send("HEAD", f"{self.url}/manifests/{reference}", headers={"Accept": MANIFEST_TYPE})
        if answer.status_code == requests.codes.not_found:
            return None
        self._expect(answer, requests.codes.ok, doing=f"asking for {reference}")
        return answer.headers.get("Docker-Content-Digest", ""), answer.headers.get("Content-Type", "")

    def push(self, image: StoredImage, layout: Layout, *, tag: str, mount_from: str | None = None) -> Pushed:
        """Uploads what is missing, the manifest last, and verifies what the registry then has.

        `mount_from` names another repository of the same registry that may hold the layers already.
        """
        wanted = image.manifest.digest
        uploaded = 0
        if (self.digest(wanted) or ("", ""))[0] != wanted:
            uploaded = sum(self._upload(blob, layout, mount_from) for blob in dict.fromkeys(image.blobs))
        if (self.digest(tag) or ("", ""))[0] == wanted:
            # In a repository of immutable tags a second upload would be refused, be it of the same image.
            return self._verify(wanted, uploaded)
        content = layout.path(wanted).read_bytes()
        answer = self._send(
            "PUT", f"{self.url}/manifests/{tag}", data=content, headers={"Content-Type": image.manifest.media_type}
        )
        self._expect(answer, requests.codes.created, doing="uploading the manifest")
        return self._verify(wanted, uploaded)

    def _verify(self, wanted: str, uploaded: int) -> Pushed:
        digest, media_type = self.digest(wanted) or ("", "")
        if digest != wanted:
            raise BuildError(f"the registry answers with digest {digest or 'none'} for {wanted}", where=self.address)
        if media_type != MANIFEST_TYPE:
            raise BuildError(
                f"the registry has a {media_type or 'manifest without type'}, Lambda takes a {MANIFEST_TYPE}",
                where=self.address,
            )
        return Pushed(digest=digest, media_type=media_type, uploaded=uploaded)

    def _upload(self, blob: Blob, layout: Layout, mount_from: str | None) -> int:
        """The bytes sent: none where the registry has the blob, or could take it from another repository."""
        if self._send("HEAD", f"{self.url}/blobs/{blob.digest}").status_code == requests.codes.ok:
            return 0
        mount = {"mount": blob.digest, "from": mount_from} if mount_from else {}
        answer = self._send("POST", f"{self.url}/blobs/uploads/", params=mount)
        if mount and answer.status_code == requests.codes.created:
            return 0
        self._expect(answer, requests.codes.accepted, doing=f"uploading {blob.digest}")
        place = self._place(answer)
        with layout.path(blob.digest).open("rb") as file:
            answer = self._send("PATCH", place, data=file, headers={"Content-Type": "application/octet-stream"})
        self._expect(answer, requests.codes.accepted, doing=f"uploading {blob.digest}")
        place = self._place(answer)
        joint = "&" if urlsplit(place).query else "?"
        answer = self._send("PUT", f"{place}{joint}digest={blob.digest}")
        self._expect(answer, requests.codes.created, doing=f"uploading {blob.digest}")
        return blob.size

    def _place(self, answer: requests.Response) -> str:
        """Where the upload goes on: the specification allows a relative address."""
        return urljoin(answer.url, answer.headers.get("Location", ""))

    def _send(self, method: str, url: str, **given: Any) -> requests.Response:
        headers = {**self._authorization(url), **given.pop("headers", {})}
        try:
            return self.session.request(method, url, headers=headers, timeout=TIMEOUT, **given)
        except requests.RequestException as error:
            raise BuildError(
                f"the registry cannot be reached: {_reason(error)}",
                where=self.address,
                hint="check IMAGE_REGISTRY, the network and the proxy",
            ) from error

    def _authorization(self, url: str) -> dict[str, str]:
        """Only for the registry itself: an upload's place may be in a storage with a signature of its own."""
        if self.credentials is None or urlsplit(url).netloc != urlsplit(self.url).netloc:
            return {}
        pair = f"{self.credentials.user}:{self.credentials.password.reveal()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def _expect(self, answer: requests.Response, status: int, *, doing: str) -> None:
        if answer.status_code == status:
            return
        told = _told(answer)
        raise BuildError(
            f"{doing}: the registry answers {answer.status_code} {told}".rstrip(),
            where=self.address,
            hint=next((hint for sign, hint in _HINTS if sign in (str(answer.status_code), told.partition(":")[0])), ""),
        )


def is_local(host: str) -> bool:
    """`localhost` and 127.0.0.0/8, with or without a port."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name in ("localhost", "[::1]") or name.startswith("127.")


def _told(answer: requests.Response) -> str:
    """The specification's error document, or the start of whatever came."""
    try:
        errors = answer.json()["errors"]
        return "; ".join(f"{error['code']}: {error.get('message', '')}" for error in errors)
    except (ValueError, KeyError, TypeError):
        return answer.text[:200].strip()


def _reason(error: requests.RequestException) -> str:
    inner = error.args[0] if error.args else error
    return str(getattr(inner, "reason", inner))
