namespace ContainerTools.TestSupport;

/// <summary>
/// A real Debian root file system by debootstrap (minbase), as an image. Made once and kept between runs under
/// $XDG_CACHE_HOME/containertools-tests or /var/cache/containertools-tests. tests/debian-image.sh does the work; bench/ uses it too.
/// </summary>
public static class DebianImages
{
    private static readonly Lazy<string> Small = new(() => Make("small"));
    private static readonly Lazy<string> WithPackages = new(() => Make("packages"));

    /// <summary>For skopeo: the place of an image of one layer of about 200 MB.</summary>
    public static string Source => $"oci:{Small.Value}:latest";

    /// <summary>The OCI image layout that holds it under the tag "latest".</summary>
    public static string Layout => Small.Value;

    /// <summary>Pushes the image and returns its full name.</summary>
    public static string Push(TestRegistry registry, string nameAndTag = "debian:bookworm") => registry.Push(Source, nameAndTag);

    /// <summary>Pushes the same image with a repository in it, from which apt installs without a network, and returns its full name.</summary>
    public static string PushWithPackages(TestRegistry registry, string nameAndTag = "debian:packages") => registry.Push($"oci:{WithPackages.Value}:latest", nameAndTag);

    private static string Make(string kind)
    {
        var script = Path.Combine(RepositoryPaths.Root, "tests", "debian-image.sh");
        return Command.Run("bash", [script, kind], timeout: TimeSpan.FromMinutes(10)).Succeeded().Lines[^1];
    }
}
