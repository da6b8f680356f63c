using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>Reads registries' names as users write them.</summary>
internal static class RegistryNames
{
    /// <summary>The registry that a name or URL means: <c>localhost:5000</c>, <c>registry.example</c>, <c>https://registry.example/v2/</c>.</summary>
    public static string Parse(string text)
    {
        var host = text.Trim();
        if (Uri.TryCreate(host, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri?.UserInfo.Length == 0)
            host = uri.Authority;
        if (ImageReference.TryParse($"{host}/x", out var reference) && (reference.Registry == host || host is "index.docker.io" or "registry-1.docker.io"))
            return host == "registry-1.docker.io" ? ImageReference.DefaultRegistry : reference.Registry;
        throw new ContainerToolsException("InvalidRegistryName", ErrorKind.InvalidArgument,
            $"'{text}' is not a registry's name: expected a host with a dot or a port, like 'registry.example' or 'localhost:5000'.", text);
    }
}
