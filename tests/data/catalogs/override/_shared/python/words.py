UNIT = "Einheit"
