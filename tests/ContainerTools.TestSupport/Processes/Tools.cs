namespace ContainerTools.TestSupport;

/// <summary>The real tools that tests compare with and fill registries with.</summary>
public static class Tools
{
    /// <summary>Copying a whole Debian image takes this long on a busy machine.</summary>
    public static readonly TimeSpan CopyTimeout = TimeSpan.FromMinutes(5);

    public static CommandResult Skopeo(params IEnumerable<string> arguments) =>
        Command.Run("skopeo", ["--insecure-policy", .. arguments], timeout: CopyTimeout);

    public static CommandResult Umoci(params IEnumerable<string> arguments) =>
        Command.Run("umoci", arguments, timeout: CopyTimeout);

    public static CommandResult Podman(params IEnumerable<string> arguments) =>
        Command.Run("podman", arguments, timeout: CopyTimeout);

    /// <summary>A container's runtime command line is 'ctrun' as the build left it.</summary>
    public static CommandResult Ctrun(TemporaryStore store, params IEnumerable<string> arguments) =>
        Command.Run(RepositoryPaths.Ctrun, arguments, store.Environment);
}
