# Without a word the service, with the word `monitoring` its files.
set -eu
if [ "${1:-}" = monitoring ]; then
    exec cp files/prometheus.yml files/rules.yml files/dashboard.json /out/
fi
exec gunicorn
