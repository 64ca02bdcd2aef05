"""Geometries as handlers get them: hexadecimal (E)WKB from Redshift, WKT or GeoJSON from people."""
