namespace ContainerTools.TestSupport;

/// <summary>Where the build under test lies.</summary>
public static class RepositoryPaths
{
    public static string Root { get; } = FindRoot();

    public static string Ctrun => Path.Combine(Root, "bin", "ctrun");

    public static string ModuleManifest => Path.Combine(Root, "ContainerTools.psd1");

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory != null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "ContainerTools.sln")))
            {
                return directory.FullName;
            }
        }
        throw new InvalidOperationException($"No ContainerTools.sln above '{AppContext.BaseDirectory}': the tests run from the clone that built them.");
    }
}
