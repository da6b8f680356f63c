namespace ContainerTools.Host.Sessions;

/// <summary>Finds the ContainerTools module that this host belongs to.</summary>
internal static class ModuleLocation
{
    private const string ManifestName = "ContainerTools.psd1";

    /// <summary>The manifest named by CONTAINERTOOLS_MODULE, or the one in the nearest directory above this program.</summary>
    public static string Find()
    {
        if (Environment.GetEnvironmentVariable("CONTAINERTOOLS_MODULE") is { Length: > 0 } named)
        {
            return File.Exists(named) ? Path.GetFullPath(named)
                : throw new SessionException($"CONTAINERTOOLS_MODULE names '{named}', which is not a file.");
        }
        for (var directory = AppContext.BaseDirectory.TrimEnd('/'); directory is { Length: > 1 }; directory = Path.GetDirectoryName(directory))
        {
            var manifest = Path.Combine(directory, ManifestName);
            if (File.Exists(manifest))
                return manifest;
        }
        throw new SessionException(
            $"No {ManifestName} in a directory above '{AppContext.BaseDirectory}'. Set CONTAINERTOOLS_MODULE to the module's manifest.");
    }
}
