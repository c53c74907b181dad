# The commands of the project; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test check
help:
	@echo "make run    set up and start the console"
run: 
	@echo later
