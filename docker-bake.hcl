# The build graph: the base, and one image per module of the catalogue.
#
#   docker buildx bake                        everything, from a fresh checkout
#   docker buildx bake quadbin                one module
#   PYTHON_IMAGE=... docker buildx bake       on another Python image (scripts/setup-host.sh records one)
#
# `builder build` calls bake with this same file. Every variable can be given in the environment.

variable "PYTHON_IMAGE" {
  default = "python:3.13-slim-trixie"
}

# The images: a module's name, and `<module>-2` for a further image of one that is split by its requirements. A test
# compares this list with the catalogue's.
variable "MODULES" {
  default = "quadbin"
}

# What the images run on: linux/amd64 or linux/arm64 (RS_LAMBDA_ARCHITECTURE). One platform: Lambda refuses an index.
variable "PLATFORM" {
  default = "linux/amd64"
}

# Images are labelled <PREFIX><module>:latest, for people; digests are what is deployed.
variable "PREFIX" {
  default = "carto-at-"
}

# The catalogue's folder.
variable "FUNCTIONS" {
  default = "functions"
}

# The builder's package, which lays out an image's files.
variable "BUILDER" {
  default = "builder"
}

# 1980-01-01, the first day that a zip archive can hold. One fixed time: the same content is the same digest.
variable "SOURCE_DATE_EPOCH" {
  default = "315532800"
}

# The host's CA and index, as pip knows them. They are handed to the build as secrets.
variable "PIP_CERT" {
  default = ""
}

variable "SSL_CERT_FILE" {
  default = ""
}

variable "PIP_CONFIG_FILE" {
  default = ""
}

variable "PIP_INDEX_URL" {
  default = ""
}

variable "PIP_EXTRA_INDEX_URL" {
  default = ""
}

group "default" {
  targets = ["base", "module"]
}

target "_common" {
  context   = "."
  platforms = [PLATFORM]
  # Lambda takes an image manifest. An attestation would make it an index, which Lambda refuses.
  attest = ["type=provenance,disabled=true", "type=sbom,disabled=true"]
  args = {
    PYTHON_IMAGE      = PYTHON_IMAGE
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
  }
  secret = compact([
    PIP_CERT != "" ? "id=ca,src=${PIP_CERT}" : (SSL_CERT_FILE != "" ? "id=ca,src=${SSL_CERT_FILE}" : ""),
    PIP_CONFIG_FILE != "" ? "id=pip,src=${PIP_CONFIG_FILE}" : "",
    PIP_INDEX_URL != "" ? "id=pip_index_url,env=PIP_INDEX_URL" : "",
    PIP_EXTRA_INDEX_URL != "" ? "id=pip_extra_index_url,env=PIP_EXTRA_INDEX_URL" : "",
  ])
  output = ["type=docker"]
}

target "base" {
  inherits   = ["_common"]
  dockerfile = "Dockerfile.base"
  tags       = ["${PREFIX}base:latest"]
}

target "module" {
  name       = module
  matrix     = { module = split(",", MODULES) }
  inherits   = ["_common"]
  dockerfile = "images/module/Dockerfile"
  contexts = {
    base      = "target:base"
    functions = FUNCTIONS
    builder   = BUILDER
  }
  args = { MODULE = module }
  tags = ["${PREFIX}${module}:latest"]
}
