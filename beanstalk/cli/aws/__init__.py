"""Commands whose target is aws: `NAME.py` has `perform` with the parameters of the command NAME (`cli/dispatch.py`)."""
