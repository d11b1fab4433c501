# What `npm ci --ignore-scripts` makes of package-lock.json, by platform. After a change of the lock
# file: node scripts/nix-hashes.mjs
{
  aarch64-darwin = "sha256-6mzW8CnGVz09ZxC5AmKMrxXY7oc9zXnZVHM6zWrKrm4=";
  aarch64-linux = "sha256-PN/1907wvjSZRn8DPcxfml9mEwDzpoUndawRNnJNVQ8=";
  x86_64-darwin = "sha256-pUJ5QqyPjU+gEPUD0oRgTjL38bjQyY5ePme2vYYvtK8=";
  x86_64-linux = "sha256-Wbhd8qVof02PVQG3Hvy6kaRNE1aFq1j4wRHRNfTvkzA=";
}
