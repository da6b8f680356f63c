using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace ContainerTools.Loading;

/// <summary>
/// Loads third-party assemblies from <c>dependencies/</c> into a context of their own, so that another module may have brought
/// another version of the same library. Our own assemblies stay in the default context, where type names in scripts resolve.
/// </summary>
internal static class DependencyLoader
{
    private static readonly string s_binaries = Path.GetDirectoryName(typeof(DependencyLoader).Assembly.Location)!;
    private static readonly string s_platform = "linux-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
    private static readonly AssemblyLoadContext s_context = new("ContainerTools dependencies");
    private static int s_attached;

    public static void Attach()
    {
        if (Interlocked.Exchange(ref s_attached, 1) == 1)
            return;
        s_context.Resolving += (context, name) => FindDependency(name) is { } file ? context.LoadFromAssemblyPath(file) : null;
        AssemblyLoadContext.Default.Resolving += Resolve;
    }

    public static void Detach()
    {
        if (Interlocked.Exchange(ref s_attached, 0) == 1)
            AssemblyLoadContext.Default.Resolving -= Resolve;
    }

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name)
    {
        if (name.Name is null)
            return null;
        if (name.Name.StartsWith("ContainerTools.", StringComparison.Ordinal))
        {
            var own = Path.Combine(s_binaries, name.Name + ".dll");
            return File.Exists(own) ? context.LoadFromAssemblyPath(own) : null;
        }
        return FindDependency(name) is null ? null : s_context.LoadFromAssemblyName(name);
    }

    private static string? FindDependency(AssemblyName name)
    {
        var root = Path.Combine(s_binaries, "dependencies");
        string[] candidates =
        [
            Path.Combine(root, name.Name + ".dll"),
            // Libraries of structures, whose layout differs between architectures, have one assembly for each.
            Path.Combine(root, s_platform, name.Name + ".dll"),
        ];
        return Array.Find(candidates, File.Exists);
    }
}
