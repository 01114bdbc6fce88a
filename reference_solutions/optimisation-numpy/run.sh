#!/bin/sh
# `export` copies the variants to /models, `serve` serves the one in /model.
case "$1" in
  export) cp -R variants/. /models/ ;;
  serve) exec gunicorn ;;
  *) echo "say export or serve, not '$1'" >&2; exit 2 ;;
esac
