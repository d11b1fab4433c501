{
  description = "Stands in for home-manager in flurry's tests, example and demo";

  outputs = _: {
    nixosModules.home-manager = { config, lib, pkgs, ... }: {
      options.home-manager = {
        useGlobalPkgs = lib.mkEnableOption "the host's packages";
        useUserPackages = lib.mkEnableOption "packages among the user's";
        backupFileExtension = lib.mkOption { type = lib.types.nullOr lib.types.str; default = null; };
        extraSpecialArgs = lib.mkOption { type = lib.types.attrs; default = { }; };
        users = lib.mkOption {
          type = lib.types.attrsOf (lib.types.submoduleWith {
            specialArgs = config.home-manager.extraSpecialArgs // { inherit pkgs; };
            modules = [ ./home.nix ];
          });
          default = { };
        };
      };
      config.users.users = builtins.mapAttrs (_: home: { packages = home.home.packages; }) config.home-manager.users;
      config.environment.etc = lib.mkMerge (lib.mapAttrsToList
        (user: home: lib.mapAttrs' (path: file: lib.nameValuePair "homes/${user}/${path}" { inherit (file) text; }) home.home.file)
        config.home-manager.users);
    };
  };
}
