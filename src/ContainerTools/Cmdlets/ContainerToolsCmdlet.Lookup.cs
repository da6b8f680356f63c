using System.Management.Automation;
using ContainerTools.Binding;

namespace ContainerTools.Cmdlets;

public abstract partial class ContainerToolsCmdlet
{
    /// <summary>The images an argument names: the one of a name, all of a pattern, the one behind an object.</summary>
    private protected IReadOnlyList<Image> Resolve(ImageArgument argument)
    {
        if (argument.Value is { } image)
            return [image];
        return WildcardPattern.ContainsWildcardCharacters(argument.Text) ? Images.Find(argument.Text) : [Images.Get(argument.Text)];
    }

    /// <summary>The containers an argument names, as they are now.</summary>
    private protected IReadOnlyList<Container> Resolve(ContainerArgument argument)
    {
        if (argument.Value is { } container)
            return [Containers.Get(container.Id)];
        return WildcardPattern.ContainsWildcardCharacters(argument.Text) ? Containers.Find(argument.Text) : [Containers.Get(argument.Text)];
    }

    /// <summary>Whether an argument is a wildcard pattern, which may find any number of containers.</summary>
    private protected static bool IsPattern(ContainerArgument argument) => argument.Value is null && WildcardPattern.ContainsWildcardCharacters(argument.Text);

    /// <summary>The volumes an argument names.</summary>
    private protected IReadOnlyList<Volume> Resolve(VolumeArgument argument)
    {
        if (argument.Value is { } volume)
            return [Volumes.Get(volume.Name)];
        return WildcardPattern.ContainsWildcardCharacters(argument.Text) ? Volumes.Find(argument.Text) : [Volumes.Get(argument.Text)];
    }

    /// <summary>The networks an argument names.</summary>
    private protected IReadOnlyList<ContainerNetwork> Resolve(NetworkArgument argument) =>
        argument.Value is null && WildcardPattern.ContainsWildcardCharacters(argument.Text) ? Networks.Find(argument.Text) : [Networks.Get(argument.Text)];
}
