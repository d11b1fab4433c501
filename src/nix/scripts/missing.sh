# Which of these store paths the store of this host does not have, one a line.
# That a file of the name exists says nothing: it may not be registered.
exec nix-store --check-validity --print-invalid "$@"
