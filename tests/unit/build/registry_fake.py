"""A registry in memory, as a transport of requests: the distribution specification's answers, and no socket."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter

from builder.adapters.registry import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.adapters.registry import Credentials

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class FakeRegistry(BaseAdapter):
    """`password` is asked for where it is set. Blobs and manifests are kept by repository.

    `misfits` are answers of a registry that does not keep to the specification: given a request, a response or None.
    """

    password: str = ""
    mounts: bool = False
    blobs: dict[str, dict[str, bytes]] = field(default_factory=dict)
    manifests: dict[str, dict[str, tuple[bytes, str]]] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    misfit: Callable[[requests.PreparedRequest], tuple[int, dict[str, str]] | None] = lambda _: None

    def open(self, address: str, credentials: Credentials | None = None) -> Repository:
        repository = Repository(address=address, credentials=credentials)
        for scheme in ("https://", "http://"):
            repository.session.mount(scheme, self)
        return repository

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        self.log.append(f"{request.method} {parts.path}")
        misfit = self.misfit(request)
        if misfit:
            return self._response(request, misfit[0], headers=misfit[1])
        if self.password and "Authorization" not in request.headers:
            return self._refuse(request, 401, "UNAUTHORIZED", "authentication required")
        path: str = parts.path.removeprefix("/v2/")
        name, rest = _halves(path, "/blobs/")
        if rest:
            return self._blob(request, name, rest, {key: one for key, (one,) in parse_qs(parts.query).items()})
        name, reference = _halves(path, "/manifests/")
        return self._manifest(request, name, reference)

    def close(self) -> None:
        pass

    def _blob(
        self, request: requests.PreparedRequest, name: str, rest: str, query: dict[str, str]
    ) -> requests.Response:
        held = self.blobs.setdefault(name, {})
        if request.method == "HEAD":
            return self._response(request, 200 if rest in held else 404)
        if request.method == "POST":
            source = self.blobs.get(query.get("from", ""), {})
            if self.mounts and query.get("mount") in source:
                held[query["mount"]] = source[query["mount"]]
                return self._response(request, 201)
            place = f"/v2/{name}/blobs/uploads/{len(self.uploads)}"
            self.uploads[place] = b""
            # A relative address with a state of its own: both are allowed, and ECR gives the second.
            return self._response(request, 202, headers={"Location": f"{place}?state=x"})
        place = f"/v2/{name}/blobs/{rest}"
        if request.method == "PATCH":
            self.uploads[place] += _body(request)
            return self._response(request, 202, headers={"Location": f"{place}?state=y"})
        content = self.uploads.pop(place)
        if query["digest"] != f"sha256:{hashlib.sha256(content).hexdigest()}":
            return self._refuse(request, 400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        held[query["digest"]] = content
        return self._response(request, 201)

    def _manifest(self, request: requests.PreparedRequest, name: str, reference: str) -> requests.Response:
        held = self.manifests.setdefault(name, {})
        if request.method == "PUT":
            return self._put_manifest(request, name, reference)
        if reference not in held:
            return self._refuse(request, 404, "MANIFEST_UNKNOWN", "manifest unknown")
        content, media_type = held[reference]
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return self._response(request, 200, headers={"Docker-Content-Digest": digest, "Content-Type": media_type})

    def _put_manifest(self, request: requests.PreparedRequest, name: str, reference: str) -> requests.Response:
        content = _body(request)
        document = json.loads(content)
        wanted = {blob["digest"] for blob in (document["config"], *document["layers"])}
        if wanted - set(self.blobs.get(name, {})):
            return self._refuse(request, 404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        for key in (reference, digest):
            self.manifests[name][key] = (content, str(request.headers["Content-Type"]))
        return self._response(request, 201, headers={"Docker-Content-Digest": digest})

    def _refuse(self, request: requests.PreparedRequest, status: int, code: str, message: str) -> requests.Response:
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        return self._response(request, status, body)

    def _response(
        self, request: requests.PreparedRequest, status: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> requests.Response:
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers or {})
        response.raw = io.BytesIO(body)
        response.request = request
        response.url = str(request.url)
        return response


def _body(request: requests.PreparedRequest) -> bytes:
    body: Any = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


def _halves(text: str, separator: str) -> tuple[str, str]:
    before, _, after = text.partition(separator)
    return before, after
