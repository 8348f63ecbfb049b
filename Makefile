# The commands that people type. The build itself is CMake's (CMakePresets.json).
.DEFAULT_GOAL := help
.PHONY: help run test build asan format clean

help:
	@echo "make run      install what is missing, build, and run three servers on loopback until Ctrl-C"
	@echo "make test     install what is missing, build, and run every test"
	@echo "make build    build everything, optimised, into build/release"
	@echo "make asan     build the unit tests with address and undefined-behaviour sanitizers, run them"
	@echo "make format   clang-format on every source file"
	@echo "make clean    remove build/ (data of 'make run' stays in run/)"

# A tree that is configured already is taken as it is; a fresh one is configured without the tests,
# whose packages 'make run' does not install.
run:
	@.ci/install-packages --run
	@[ -f build/release/build.ninja ] || cmake --preset release -DKONSUL_TESTS=OFF >/dev/null
	@echo "Building konsul, konsulctl and konsul-bench (the first time takes some minutes)"
	@ninja --quiet -C build/release konsul konsulctl konsul-bench
	@exec cmd/dev-cluster.sh build/release/bin run

test:
	@.ci/install-packages --test
	@exec tests/run-all.sh

build:
	@.ci/install-packages --test
	@cmake --preset release -DKONSUL_TESTS=ON >/dev/null
	@ninja -C build/release

asan:
	@.ci/install-packages --test
	@cmake --preset asan >/dev/null
	@ninja -C build/asan
	@ctest --test-dir build/asan -j2 --output-on-failure -E '^cluster\.'

format:
	@git ls-files -z -- '*.h' '*.cc' | xargs -0 clang-format-19 -i

clean:
	rm -rf build
