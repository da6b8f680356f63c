using System.Reflection;
using System.Runtime.Loader;

namespace ContainerTools.Loading;

/// <summary>
/// Loads third-party assemblies from <c>dependencies/</c> into a context of their own, so that another module may have brought
/// another version of the same library. Our own assemblies stay in the default context, where type names in scripts resolve.
/// </summary>
internal static class DependencyLoader
{
    private static readonly string s_binaries = Path.GetDirectoryName(typeof(DependencyLoader).Assembly.Location)!;
    private static readonly DependencyContext s_dependencies = new(Path.Combine(s_binaries, "dependencies"));
    private static int s_attached;

    public static void Attach()
    {
        if (Interlocked.Exchange(ref s_attached, 1) == 0)
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
        return s_dependencies.Find(name) is null ? null : s_dependencies.LoadFromAssemblyName(name);
    }
}
