using System.Net;

namespace ContainerTools.Core.Registry;

/// <summary>Where a registry's API is, and whether plain HTTP may be spoken to it.</summary>
internal static class RegistryEndpoint
{
    // Docker Hub's name and its API's host differ.
    private const string DockerHubHost = "registry-1.docker.io";

    internal static string HostOf(string registry) => registry == Oci.ImageReference.DefaultRegistry ? DockerHubHost : registry;

    internal static bool IsLoopback(Uri uri) => IsLoopbackHost(uri.IdnHost);

    internal static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>The addresses to try, the first one first.</summary>
    internal static IReadOnlyList<Uri> Candidates(string registry, bool allowInsecure, bool expectTls)
    {
        string host = HostOf(registry);
        var https = new Uri($"https://{host}/");
        var http = new Uri($"http://{host}/");

        // A registry on this machine nearly always speaks plain HTTP, and nobody can listen in; anywhere else TLS comes first.
        return IsLoopback(https) ? (expectTls ? [https, http] : [http, https]) : allowInsecure ? [https, http] : [https];
    }
}
