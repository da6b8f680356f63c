using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace ContainerTools.Loading;

/// <summary>The context of the third-party assemblies in one directory. It looks there before the default context is asked.</summary>
internal sealed class DependencyContext(string directory) : AssemblyLoadContext("ContainerTools dependencies")
{
    private static readonly string s_platform = "linux-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>The file of an assembly; null when it is not one of ours.</summary>
    public string? Find(AssemblyName name)
    {
        string[] candidates =
        [
            Path.Combine(directory, name.Name + ".dll"),
            // Libraries of structures, whose layout differs between architectures, have one assembly for each.
            Path.Combine(directory, s_platform, name.Name + ".dll"),
        ];
        return Array.Find(candidates, File.Exists);
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName) => Find(assemblyName) is { } file ? LoadFromAssemblyPath(file) : null;
}
