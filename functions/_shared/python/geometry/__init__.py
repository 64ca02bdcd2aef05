"""Geometries as handlers get them: hexadecimal (E)WKB from Redshift, WKT or GeoJSON from people."""

from __future__ import annotations

from .points import read_points
from .shapes import read_shapes

__all__ = ["read_points", "read_shapes"]
