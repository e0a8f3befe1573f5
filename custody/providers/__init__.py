"""Who keeps and pays out the money: one small interface, and what implements it."""
