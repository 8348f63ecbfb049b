#!/usr/bin/env bash
# Three Konsul servers on loopback, for trying things out; runs until Ctrl-C. Their data and logs
# stay in DATA_DIR and are used again the next time.
#
#   cmd/dev-cluster.sh [BIN_DIR [DATA_DIR]]     default: build/release/bin run
set -u
bin=${1:-build/release/bin}
data=${2:-run}
hosts=(127.0.0.1 127.0.0.2 127.0.0.3)
http_port=8500
server_port=8300
pids=()

fail() {
  echo "$*" >&2
  exit 1
}

# The process that listens on ADDRESS:PORT, as `ss` names it; nothing when the port is free.
listener_on() {
  ss -ltnpH "sport = :$2" 2>/dev/null | while read -r _ _ _ local _ users; do
    case "$local" in
      "$1:$2" | "0.0.0.0:$2" | "*:$2" | "[::]:$2")
        echo "${users:-a process of another user}" | sed 's/users:((\(.*\)))/\1/; s/),(/; /g'
        break ;;
    esac
  done
}

check_ports() {
  local host port who busy=0
  for host in "${hosts[@]}"; do
    for port in $http_port $server_port; do
      who=$(listener_on "$host" "$port")
      if [ -n "$who" ]; then
        echo "$host:$port is taken by $who" >&2
        busy=1
      fi
    done
  done
  [ $busy -eq 0 ] || fail "Stop what runs there (another 'make run'?) and try again."
}

stop_servers() {
  trap '' INT TERM HUP
  local pid
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 100); do
      kill -0 "$pid" 2>/dev/null || continue 2
      sleep 0.1
    done
    echo "Server $pid does not stop; killing it." >&2
    kill -KILL "$pid" 2>/dev/null
  done
  wait
}

on_signal() {
  echo
  echo "Stopping. Data stays in $data/."
  stop_servers
  exit 0
}

# Server number $1, from 0.
start_server() {
  local n=n$(($1 + 1)) others=() host
  mkdir -p "$data/$n" || fail "Cannot make $data/$n."
  for host in "${hosts[@]}"; do
    [ "$host" = "${hosts[$1]}" ] || others+=("-retry-join=$host")
  done
  "$bin/konsul" agent -server -node=$n -bind="${hosts[$1]}" -client="${hosts[$1]}" \
    -http-port=$http_port -server-port=$server_port -bootstrap-expect=${#hosts[@]} "${others[@]}" \
    -data-dir="$data/$n/data" -pid-file="$data/$n/pid" >>"$data/$n/log" 2>&1 &
  pids[$1]=$!
}

give_up() {
  echo "Server n$(($1 + 1)) has ended. The end of $data/n$(($1 + 1))/log:"
  tail -n 5 "$data/n$(($1 + 1))/log"
  stop_servers
  exit 1
}

# Until every server knows one; its RPC address in quotes is then in $leader.
wait_for_leader() {
  local host i
  for _ in $(seq 300); do
    for i in "${!pids[@]}"; do
      kill -0 "${pids[i]}" 2>/dev/null || give_up "$i"
    done
    for host in "${hosts[@]}"; do
      leader=$(curl -s -m 2 "http://$host:$http_port/v1/status/leader")
      [ "${#leader}" -gt 2 ] || { sleep 0.1; continue 2; }
    done
    return
  done
  stop_servers
  fail "The servers found no leader within 30 s; see $data/n*/log."
}

[ -x "$bin/konsul" ] || fail "There is no $bin/konsul; build it first (make run does)."
check_ports
trap on_signal INT TERM HUP
for i in "${!hosts[@]}"; do start_server "$i"; done
wait_for_leader

cat <<EOF

Three Konsul servers are running; the leader is ${leader//\"/}.

  n1  http://127.0.0.1:$http_port    data and log in $data/n1
  n2  http://127.0.0.2:$http_port    data and log in $data/n2
  n3  http://127.0.0.3:$http_port    data and log in $data/n3

Try, in another terminal:

  curl -X PUT -d 'hello' http://127.0.0.1:$http_port/v1/kv/greeting
  $bin/konsulctl kv get -http-addr=127.0.0.2:$http_port greeting
  $bin/konsulctl cluster peers
  kill -9 \$(cat $data/n1/pid)      (it comes back after 5 seconds)

Ctrl-C stops the servers; their data stays.
EOF

# Killing a server is a thing to try, so one that a signal ended comes back. One that gave up by
# itself has said why. The shell's own words on killed children go to /dev/null.
while sleep 1; do
  for i in "${!pids[@]}"; do
    kill -0 "${pids[i]}" && continue
    wait "${pids[i]}"
    [ $? -gt 128 ] || give_up "$i"
    echo "Server n$((i + 1)) was killed; starting it again in 5 seconds."
    sleep 5
    start_server "$i"
  done
done 2>/dev/null
