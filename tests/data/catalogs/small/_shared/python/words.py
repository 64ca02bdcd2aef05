UNIT = "unit"
