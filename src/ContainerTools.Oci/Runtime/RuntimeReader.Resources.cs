using System.Text.Json;

namespace ContainerTools.Oci.Runtime;

internal static partial class RuntimeReader
{
    internal static LinuxResources? LinuxResources(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxResources();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("devices"u8))
                value.Devices = JsonValues.List(ref json, LinuxDeviceRule);
            else if (json.ValueTextEquals("memory"u8))
                value.Memory = LinuxMemory(ref json);
            else if (json.ValueTextEquals("cpu"u8))
                value.Cpu = LinuxCpu(ref json);
            else if (json.ValueTextEquals("pids"u8))
                value.Pids = LinuxPids(ref json);
            else if (json.ValueTextEquals("blockIO"u8))
                value.BlockIO = LinuxBlockIO(ref json);
            else if (json.ValueTextEquals("hugepageLimits"u8))
                value.HugepageLimits = JsonValues.List(ref json, LinuxHugepageLimit);
            else if (json.ValueTextEquals("network"u8))
                value.Network = LinuxNetworkClass(ref json);
            else if (json.ValueTextEquals("rdma"u8))
                value.Rdma = JsonValues.Map(ref json, LinuxRdma);
            else if (json.ValueTextEquals("unified"u8))
                value.Unified = JsonValues.Map(ref json, JsonValues.Text);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxDeviceRule? LinuxDeviceRule(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxDeviceRule();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("allow"u8))
                value.Allow = JsonValues.Flag(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("type"u8))
                value.Type = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("major"u8))
                value.Major = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("minor"u8))
                value.Minor = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("access"u8))
                value.Access = JsonValues.Text(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxMemory? LinuxMemory(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxMemory();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("limit"u8))
                value.Limit = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("reservation"u8))
                value.Reservation = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("swap"u8))
                value.Swap = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("kernel"u8))
                value.Kernel = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("kernelTCP"u8))
                value.KernelTcp = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("swappiness"u8))
                value.Swappiness = JsonValues.ULong(ref json);
            else if (json.ValueTextEquals("disableOOMKiller"u8))
                value.DisableOomKiller = JsonValues.Flag(ref json);
            else if (json.ValueTextEquals("useHierarchy"u8))
                value.UseHierarchy = JsonValues.Flag(ref json);
            else if (json.ValueTextEquals("checkBeforeUpdate"u8))
                value.CheckBeforeUpdate = JsonValues.Flag(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxCpu? LinuxCpu(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxCpu();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("shares"u8))
                value.Shares = JsonValues.ULong(ref json);
            else if (json.ValueTextEquals("quota"u8))
                value.Quota = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("burst"u8))
                value.Burst = JsonValues.ULong(ref json);
            else if (json.ValueTextEquals("period"u8))
                value.Period = JsonValues.ULong(ref json);
            else if (json.ValueTextEquals("realtimeRuntime"u8))
                value.RealtimeRuntime = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("realtimePeriod"u8))
                value.RealtimePeriod = JsonValues.ULong(ref json);
            else if (json.ValueTextEquals("cpus"u8))
                value.Cpus = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("mems"u8))
                value.Mems = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("idle"u8))
                value.Idle = JsonValues.Long(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxPids? LinuxPids(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxPids();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("limit"u8))
                value.Limit = JsonValues.Long(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxBlockIO? LinuxBlockIO(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxBlockIO();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("weight"u8))
                value.Weight = JsonValues.UShort(ref json);
            else if (json.ValueTextEquals("leafWeight"u8))
                value.LeafWeight = JsonValues.UShort(ref json);
            else if (json.ValueTextEquals("weightDevice"u8))
                value.WeightDevice = JsonValues.List(ref json, LinuxWeightDevice);
            else if (json.ValueTextEquals("throttleReadBpsDevice"u8))
                value.ThrottleReadBpsDevice = JsonValues.List(ref json, LinuxThrottleDevice);
            else if (json.ValueTextEquals("throttleWriteBpsDevice"u8))
                value.ThrottleWriteBpsDevice = JsonValues.List(ref json, LinuxThrottleDevice);
            else if (json.ValueTextEquals("throttleReadIOPSDevice"u8))
                value.ThrottleReadIopsDevice = JsonValues.List(ref json, LinuxThrottleDevice);
            else if (json.ValueTextEquals("throttleWriteIOPSDevice"u8))
                value.ThrottleWriteIopsDevice = JsonValues.List(ref json, LinuxThrottleDevice);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxWeightDevice? LinuxWeightDevice(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxWeightDevice();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("major"u8))
                value.Major = JsonValues.Long(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("minor"u8))
                value.Minor = JsonValues.Long(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("weight"u8))
                value.Weight = JsonValues.UShort(ref json);
            else if (json.ValueTextEquals("leafWeight"u8))
                value.LeafWeight = JsonValues.UShort(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxThrottleDevice? LinuxThrottleDevice(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxThrottleDevice();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("major"u8))
                value.Major = JsonValues.Long(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("minor"u8))
                value.Minor = JsonValues.Long(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("rate"u8))
                value.Rate = JsonValues.ULong(ref json).GetValueOrDefault();
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxHugepageLimit? LinuxHugepageLimit(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxHugepageLimit();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("pageSize"u8))
                value.PageSize = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("limit"u8))
                value.Limit = JsonValues.ULong(ref json).GetValueOrDefault();
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxNetworkClass? LinuxNetworkClass(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxNetworkClass();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("classID"u8))
                value.ClassID = JsonValues.UInt(ref json);
            else if (json.ValueTextEquals("priorities"u8))
                value.Priorities = JsonValues.List(ref json, LinuxInterfacePriority);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxInterfacePriority? LinuxInterfacePriority(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxInterfacePriority();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("name"u8))
                value.Name = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("priority"u8))
                value.Priority = JsonValues.UInt(ref json).GetValueOrDefault();
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxRdma? LinuxRdma(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxRdma();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("hcaHandles"u8))
                value.HcaHandles = JsonValues.UInt(ref json);
            else if (json.ValueTextEquals("hcaObjects"u8))
                value.HcaObjects = JsonValues.UInt(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }
}
